import { sql } from "drizzle-orm";
import type { LedgerTransaction } from "../access.ts";

/** Moments are milliseconds since 1970 by the database's clock; null: not set. */
export interface ProviderState {
  failures: number;
  failureCode: string | null;
  openUntil: number | null;
  probeUntil: number | null;
  blockedUntil: number | null;
  tokensPerMinute: number | null;
  requestsPerMinute: number | null;
  tokensAt: number | null;
  requestsAt: number | null;
}

const columns = [
  ["openUntil", "open_until"],
  ["probeUntil", "probe_until"],
  ["blockedUntil", "blocked_until"],
  ["tokensAt", "tokens_at"],
  ["requestsAt", "requests_at"],
] as const;

/** Locks what is known of an endpoint and model to the end of the transaction; with the database's time. */
export async function lockProvider(
  tx: LedgerTransaction,
  key: string,
): Promise<{ state: ProviderState; now: number }> {
  const locked = sql`
    select failures, failure_code as "failureCode", tokens_per_minute as "tokensPerMinute", requests_per_minute as "requestsPerMinute",
      ${sql.join(
        columns.map(([name, column]) => sql.raw(`extract(epoch from ${column})::float8 * 1000 as "${name}"`)),
        sql`, `,
      )},
      extract(epoch from ledger_clock())::float8 * 1000 as now
    from provider_state where key = ${key} for update`;
  let { rows } = await tx.execute<ProviderState & { now: number } & Record<string, unknown>>(locked);
  if (rows.length === 0) {
    await tx.execute(sql`insert into provider_state (key) values (${key}) on conflict do nothing`);
    ({ rows } = await tx.execute<ProviderState & { now: number } & Record<string, unknown>>(locked));
  }
  const { now, ...state } = rows[0]!;
  return { state, now };
}

export async function saveProvider(tx: LedgerTransaction, key: string, state: ProviderState): Promise<void> {
  const moments = columns.map(
    ([name, column]) => sql`${sql.raw(column)} = to_timestamp(${state[name]}::float8 / 1000)`,
  );
  await tx.execute(sql`
    update provider_state set failures = ${state.failures}, failure_code = ${state.failureCode}, tokens_per_minute = ${state.tokensPerMinute},
      requests_per_minute = ${state.requestsPerMinute}, ${sql.join(moments, sql`, `)}
    where key = ${key}`);
}

export interface KnownProvider extends ProviderState {
  key: string;
  now: number;
}

/** Every endpoint and model that was ever asked, for gauges and people. */
export async function knownProviders(tx: LedgerTransaction): Promise<KnownProvider[]> {
  const { rows } = await tx.execute<KnownProvider & Record<string, unknown>>(sql`
    select key, failures, failure_code as "failureCode", tokens_per_minute as "tokensPerMinute", requests_per_minute as "requestsPerMinute",
      ${sql.join(
        columns.map(([name, column]) => sql.raw(`extract(epoch from ${column})::float8 * 1000 as "${name}"`)),
        sql`, `,
      )},
      extract(epoch from ledger_clock())::float8 * 1000 as now
    from provider_state order by key`);
  return rows;
}
