import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";
import type { Database } from "../database.ts";

/** What a night took; null: nobody knows. */
export interface NightCost {
  seconds: number | null;
  costUsd: number | null;
}

export interface ComparedCost {
  /** YYYY-MM-DD */
  date: string;
  theirs: NightCost;
  ours: NightCost;
}

/** What the newest ended run of each job of one night took, added up. Dry runs and trials do not count. */
export async function costOfNight(tx: LedgerTransaction, date: string): Promise<NightCost> {
  const { rows } = await tx.execute<{ seconds: number | null; costUsd: number | null }>(sql`
    select sum(extract(epoch from finished_at - created_at))::float8 as seconds,
      case when bool_and(cost_usd is not null) then sum(cost_usd) end as "costUsd"
    from (select distinct on (job) finished_at, created_at, cost_usd from run
      where local_date = ${date}::date and status <> 'running' and finished_at is not null
        and options->'dryRun' is distinct from 'true'::jsonb and options->'trial' is distinct from 'true'::jsonb
      order by job, created_at desc) newest`);
  return rows[0]!;
}

/** What the newest trial of each night took, by its date. */
export async function costOfTrials(tx: LedgerTransaction): Promise<Map<string, NightCost>> {
  const { rows } = await tx.execute<NightCost & { date: string } & Record<string, unknown>>(sql`
    select distinct on (local_date) local_date::text as date, cost_usd as "costUsd",
      extract(epoch from finished_at - created_at)::float8 as seconds
    from run where options->'trial' = 'true'::jsonb and finished_at is not null
      and options->'dryRun' is distinct from 'true'::jsonb order by local_date, created_at desc`);
  return new Map(rows.map(({ date, seconds, costUsd }) => [date, { seconds, costUsd }]));
}

/** What an older system's own list of runs says of one night: a person's query that gives night, seconds, cost_usd. */
export async function oldCostOfNight(
  { drizzle }: Pick<Database, "drizzle">,
  query: string,
  date: string,
): Promise<NightCost> {
  const { rows } = await drizzle.execute<{ seconds: number | null; costUsd: number | null }>(sql`
    select sum(seconds)::float8 as seconds, sum(cost_usd)::float8 as "costUsd" from (${sql.raw(query)}) old
    where night::date = ${date}::date`);
  return rows[0]!;
}

/** Compared again, a night is written anew; what is not known this time stays as it was. */
export async function saveComparedCost(
  tx: LedgerTransaction,
  against: string,
  { date, theirs, ours }: ComparedCost,
): Promise<void> {
  await tx.execute(sql`
    insert into compared_cost as c (against, local_date, our_seconds, our_cost_usd, their_seconds, their_cost_usd)
    values (${against}, ${date}::date, ${ours.seconds}, ${ours.costUsd}, ${theirs.seconds}, ${theirs.costUsd})
    on conflict (against, local_date) do update set our_seconds = excluded.our_seconds,
      our_cost_usd = excluded.our_cost_usd, their_seconds = coalesce(excluded.their_seconds, c.their_seconds),
      their_cost_usd = coalesce(excluded.their_cost_usd, c.their_cost_usd)`);
}

export async function comparedCosts(tx: LedgerTransaction, against: string): Promise<ComparedCost[]> {
  const { rows } = await tx.execute<
    Record<"their_seconds" | "their_cost" | "our_seconds" | "our_cost", number | null> & { date: string }
  >(sql`
    select local_date::text as date, their_seconds, their_cost_usd as their_cost, our_seconds, our_cost_usd as our_cost
    from compared_cost where against = ${against} order by local_date`);
  return rows.map(({ date, ...row }) => ({
    date,
    theirs: { seconds: row.their_seconds, costUsd: row.their_cost },
    ours: { seconds: row.our_seconds, costUsd: row.our_cost },
  }));
}
