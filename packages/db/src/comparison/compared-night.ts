import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";

export interface ComparedNight {
  userId: string;
  against: string;
  /** YYYY-MM-DD */
  date: string;
  ari: number;
  notes: number;
  counts: Record<string, number>;
}

/** Compared again, a night is written anew. */
export async function saveComparedNight(tx: UserTransaction, night: ComparedNight): Promise<void> {
  await tx.execute(sql`
    insert into compared_night (user_id, against, local_date, ari, notes, counts)
    values (${night.userId}, ${night.against}, ${night.date}::date, ${night.ari}, ${night.notes},
      ${JSON.stringify(night.counts)}::jsonb)
    on conflict (user_id, against, local_date) do update set ari = excluded.ari, notes = excluded.notes,
      counts = excluded.counts, compared_at = clock_timestamp()`);
}

export async function comparedNights(tx: LedgerTransaction, against: string): Promise<ComparedNight[]> {
  const { rows } = await tx.execute<ComparedNight & Record<string, unknown>>(sql`
    select user_id as "userId", against, local_date::text as date, ari, notes, counts from compared_night
    where against = ${against} order by local_date, user_id`);
  return rows;
}
