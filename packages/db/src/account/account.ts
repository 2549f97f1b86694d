import { type SQL, sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";

export interface UserState {
  version: number;
  clusteredModel: string | null;
  changedSinceRegrouping: number;
  regroupedQuality: number | null;
  /** YYYY-MM-DD */
  hashedOn: string | null;
  deletionsWithheldSince: string | null;
  editsPending: boolean;
}

const stateColumns = sql`version, clustered_model as "clusteredModel",
  changed_since_regrouping as "changedSinceRegrouping", regrouped_quality as "regroupedQuality", hashed_on::text as "hashedOn",
  deletions_withheld_since::text as "deletionsWithheldSince", edits_pending as "editsPending"`;

type StateRow = Omit<UserState, "version"> & { version: string } & Record<string, unknown>;

const unknownUser: UserState = {
  version: 0,
  clusteredModel: null,
  changedSinceRegrouping: 0,
  regroupedQuality: null,
  hashedOn: null,
  deletionsWithheldSince: null,
  editsPending: false,
};

export async function userState(tx: UserTransaction, userId: string): Promise<UserState> {
  const { rows } = await tx.execute<StateRow>(
    sql`select ${stateColumns} from user_state where user_id = ${userId}`,
  );
  const row = rows[0];
  return row === undefined ? unknownUser : { ...row, version: Number(row.version) };
}

/**
 * Locks the user's version row to the end of the transaction and raises the version. Returns the version before:
 * whoever computed from another one must start again.
 */
export async function raiseVersion(tx: UserTransaction, userId: string): Promise<number> {
  const { rows } = await tx.execute<{ before: string }>(sql`select raise_version(${userId}) as before`);
  return Number(rows[0]!.before);
}

/** The column and the type of each field that is saved by itself. */
const stateColumnOf: Readonly<Record<keyof Omit<UserState, "version">, readonly [string, string]>> = {
  clusteredModel: ["clustered_model", "text"],
  changedSinceRegrouping: ["changed_since_regrouping", "integer"],
  regroupedQuality: ["regrouped_quality", "double precision"],
  hashedOn: ["hashed_on", "date"],
  deletionsWithheldSince: ["deletions_withheld_since", "date"],
  editsPending: ["edits_pending", "boolean"],
};

/** Saves the fields that are given, and leaves the others as they are. */
export async function saveUserState(
  tx: UserTransaction,
  userId: string,
  state: Partial<Omit<UserState, "version">>,
): Promise<void> {
  const fields = Object.entries(state)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => {
      const [column, type] = stateColumnOf[field as keyof typeof stateColumnOf];
      return { column: sql.identifier(column), value: sql`${value}::${sql.raw(type)}` };
    });
  if (fields.length === 0) return;
  const list = (of: (field: (typeof fields)[number]) => SQL) => sql.join(fields.map(of), sql`, `);
  await tx.execute(sql`
    insert into user_state (user_id, ${list(({ column }) => sql`${column}`)})
    values (${userId}, ${list(({ value }) => value)})
    on conflict (user_id) do update set ${list(({ column }) => sql`${column} = excluded.${column}`)}`);
}

/** Remembers for many users when their notes were last compared by their hashes, in the order of the users' ids. */
export async function saveHashedOn(
  tx: LedgerTransaction,
  userIds: readonly string[],
  date: string,
): Promise<void> {
  if (userIds.length === 0) return;
  await tx.execute(sql`
    insert into user_state (user_id, hashed_on)
    select id, ${date}::date from unnest(${textArray(userIds)}) as u(id) order by id collate "C"
    on conflict (user_id) do update set hashed_on = excluded.hashed_on`);
}

export interface UsageEntry {
  /** YYYY-MM-DD */
  day: string;
  model: string;
  inputs: number;
  requests: number;
  tokens: number;
  /** null: the model has no known price. */
  costUsd: number | null;
}

export async function addUsage(tx: UserTransaction, userId: string, entry: UsageEntry): Promise<void> {
  await tx.execute(sql`
    select add_usage(${userId}, ${entry.day}::date, ${entry.model}, ${entry.inputs}::integer, ${entry.requests}::integer,
      ${entry.tokens}::bigint, ${entry.costUsd}::double precision)`);
}

export interface UsageRow extends UsageEntry {
  /** '' for users who were forgotten: what was spent stays true. */
  userId: string;
}

/** What was spent by user, day and model since a day (YYYY-MM-DD), the latest day first; of all users or of one. */
export async function usageSince(
  tx: LedgerTransaction,
  { since, userId }: { since: string; userId?: string | undefined },
): Promise<UsageRow[]> {
  const ofUser = userId === undefined ? sql`` : sql`and user_id = ${userId}`;
  const { rows } = await tx.execute<Omit<UsageRow, "tokens"> & { tokens: string }>(sql`
    select user_id as "userId", day::text as day, model, inputs, requests, tokens, cost_usd as "costUsd" from usage
    where day >= ${since}::date ${ofUser} order by day desc, user_id, model`);
  return rows.map((row) => ({ ...row, tokens: Number(row.tokens) }));
}

export interface AuditEntry {
  userId: string;
  /** A step's slug, or the command that a person gave. */
  actor: string;
  runId?: string;
  taskId?: string;
  action: string;
  counts: Record<string, number>;
}

export async function audit(tx: UserTransaction | LedgerTransaction, entry: AuditEntry): Promise<void> {
  await tx.execute(sql`
    select add_audit(${entry.userId}, ${entry.actor}, ${entry.runId ?? null}, ${entry.taskId ?? null}, ${entry.action},
      ${JSON.stringify(entry.counts)}::jsonb)`);
}

/** The entries of many users at once. */
export async function auditAll(tx: LedgerTransaction, entries: readonly AuditEntry[]): Promise<void> {
  if (entries.length === 0) return;
  await tx.execute(sql`
    insert into audit_log (user_id, actor, run_id, task_id, action, counts)
    select "userId", actor, "runId", "taskId", action, counts from jsonb_to_recordset(${JSON.stringify(entries)}::jsonb)
      as e("userId" text, actor text, "runId" text, "taskId" text, action text, counts jsonb)`);
}

export interface UserSettings {
  timeZone: string;
  aiEnabled: boolean;
}

export async function userSettings(tx: UserTransaction, userId: string): Promise<UserSettings> {
  const { rows } = await tx.execute<UserSettings & Record<string, unknown>>(sql`
    select time_zone as "timeZone", ai_enabled as "aiEnabled" from user_setting where user_id = ${userId}`);
  return rows[0] ?? { timeZone: "America/New_York", aiEnabled: true };
}
