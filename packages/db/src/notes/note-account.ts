import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import type { EmbeddingModel } from "./note-changes.ts";
import { areAsked, type NotesAsked } from "./notes-to-embed.ts";

export interface NoteAccount {
  notes: number;
  embedded: number;
  excluded: number;
  failed: number;
  /** Neither embedded nor excluded nor failed: new or changed since the last run, or the last try may be repeated. */
  pending: number;
}

export type NoteState = "embedded" | "excluded" | "failed" | "pending";

/** Living notes that stand in one place for one reason. */
export interface NotesInState {
  state: NoteState;
  /**
   * `excluded`: by the note itself (`note`) or its user (`user`). `failed`: the code of the refusal, which lasts until
   * the note or the model changes. `pending`: `new`, `changed`, or the code of what stopped the last try.
   */
  reason: string | null;
  notes: number;
  /** When the first of them failed or, where none was tried, when it was last changed; null where it does not matter. */
  since: Date | null;
  /** Those of them that have been pending since before the last night. */
  overdue: number;
}

/** From one night's plan to the end of the next. */
const NIGHT_HOURS = 30;

/** The one query that accounts for every living note, of all users or of one: each is in exactly one state. */
export async function noteStates(
  tx: LedgerTransaction,
  { model, dimensions }: EmbeddingModel,
  userId?: string,
): Promise<NotesInState[]> {
  const ofUser = userId === undefined ? sql`` : sql`and n.user_id = ${userId}`;
  const { rows } = await tx.execute<Omit<NotesInState, "since"> & { since: string | null }>(sql`
    with placed as (
      select case
          when n.ai_excluded or not coalesce(s.ai_enabled, true) then 'excluded'
          when e.seen_updated_at is distinct from n.updated_at then 'pending'
          when e.failed_hash is not null then 'failed'
          when e.content_hash is not null then 'embedded' else 'pending' end as state,
        n.ai_excluded, n.updated_at, e.note_id is null as is_new, e.failed_hash, e.failed_code, e.failed_at
      from note n
      left join user_setting s on s.user_id = n.user_id
      left join note_embedding e
        on e.user_id = n.user_id and e.note_id = n.id and e.model = ${model} and e.dimensions = ${dimensions}
      where n.deleted_at is null ${ofUser}),
    reasoned as (
      select state, case state
          when 'excluded' then case when ai_excluded then 'note' else 'user' end
          when 'failed' then failed_code
          when 'pending' then case when is_new then 'new' when failed_hash is null then coalesce(failed_code, 'changed')
            else 'changed' end end as reason,
        case when state = 'failed' then failed_at
          when state = 'pending' then case when failed_hash is null then coalesce(failed_at, updated_at) else updated_at end
        end as since
      from placed)
    select state, reason, count(*)::int as notes, min(since)::text as since,
      (count(*) filter (where state = 'pending' and since < clock_timestamp() - ${NIGHT_HOURS} * interval '1 hour'))::int
        as overdue
    from reasoned group by state, reason order by state, count(*) desc, reason`);
  return rows.map((row) => ({ ...row, since: row.since === null ? null : new Date(row.since) }));
}

/** How many notes stand where. */
export async function accountForNotes(
  tx: LedgerTransaction,
  model: EmbeddingModel,
  userId?: string,
): Promise<NoteAccount> {
  return accountOf(await noteStates(tx, model, userId));
}

export function accountOf(states: NotesInState[]): NoteAccount {
  const account: NoteAccount = { notes: 0, embedded: 0, excluded: 0, failed: 0, pending: 0 };
  for (const { state, notes } of states) {
    account[state] += notes;
    account.notes += notes;
  }
  return account;
}

/**
 * Records that there was no answer for these notes, and why: a code, or that of the error a task was given up with. They
 * are pending all the same, and the next run asks for them again. Returns how many they are.
 */
export async function recordUnanswered(
  tx: UserTransaction,
  { model, dimensions }: EmbeddingModel,
  userId: string,
  why: { code: string } | { taskId: string },
  asked: NotesAsked,
): Promise<number> {
  const code =
    "code" in why
      ? sql`${why.code}::text`
      : sql`(select error ->> 'code' from task where id = ${why.taskId})`;
  // A row that has never been looked at is older than any state of its note. What waits for the same reason as before
  // has waited since then.
  const { rows } = await tx.execute<{ notes: number }>(sql`
    with unanswered as (
      select n.id from note n
      left join note_embedding e
        on e.user_id = n.user_id and e.note_id = n.id and e.model = ${model} and e.dimensions = ${dimensions}
      where n.user_id = ${userId} and ${areAsked(asked)} and n.deleted_at is null and not n.ai_excluded
        and e.seen_updated_at is distinct from n.updated_at),
    recorded as (
      insert into note_embedding as e (user_id, note_id, model, dimensions, failed_code, failed_at, seen_updated_at)
      select ${userId}, id, ${model}, ${dimensions}::int, ${code}, clock_timestamp(), '-infinity'::timestamptz
      from unanswered
      on conflict (user_id, note_id, model, dimensions) do update set failed_hash = null,
        failed_code = excluded.failed_code, failed_at = excluded.failed_at
      where e.failed_hash is not null or e.failed_code is distinct from excluded.failed_code)
    select count(*)::int as notes from unanswered`);
  return rows[0]!.notes;
}
