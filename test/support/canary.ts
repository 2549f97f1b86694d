import { afterEach, expect } from "vitest";
import type { TestDatabase } from "./test-database.ts";

/** Stands in every note of every test, and in what tests make fail. It must never be seen outside of notes. */
export const CANARY = "xqcanary";
/** A secret as somebody might have pasted it into a note. */
export const SECRET = `sk-live-${CANARY}-4f9a1c`;

const streams = [process.stdout, process.stderr];
const consoleMethods = ["log", "info", "warn", "error", "debug", "trace"] as const;
let printed = "";

// Powertools and SDKs may print on either; vitest itself has put its own console into the global one.
for (const stream of streams) {
  const write = stream.write.bind(stream) as (...input: unknown[]) => boolean;
  stream.write = ((chunk: unknown, ...rest: unknown[]) => {
    printed += typeof chunk === "string" ? chunk : Buffer.from(chunk as Uint8Array).toString("utf8");
    return write(chunk, ...rest);
  }) as typeof stream.write;
}
for (const method of consoleMethods) {
  const print = console[method].bind(console);
  console[method] = (...input: unknown[]) => {
    printed += input.map((value) =>
      value instanceof Error ? `${value.stack} ${value.cause}` : JSON.stringify(value),
    );
    print(...input);
  };
}

// After each test of a file that imports this: what it printed, whatever it did.
afterEach(() => {
  const said = printed;
  printed = "";
  expect(said.toLowerCase().includes(CANARY), "the canary was printed").toBe(false);
});

/** The tables of which nobody expects note text. */
const LEDGER = [
  "run",
  "run_user",
  "task",
  "outbox",
  "audit_log",
  "usage",
  "user_state",
  "cluster_event",
  "event_outbox",
  "budget_month",
  "provider_state",
];

/** Fails when note text stands in a table of the ledger or of the audit. */
export async function expectLedgerClean({ query }: Pick<TestDatabase, "query">): Promise<void> {
  for (const table of LEDGER) {
    const leaks = await query(`select 1 from noctuary.${table} t where t::text ilike '%${CANARY}%'`);
    expect(leaks, `note text in ${table}`).toEqual([]);
  }
}
