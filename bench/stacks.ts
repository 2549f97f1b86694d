import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalRuntime } from "@noctuary/cli/local/local-runtime";
import { runJob } from "@noctuary/cli/run-job";
import { DEFAULT_USER, openSession } from "@noctuary/cli/session";
import { syncSource } from "@noctuary/cli/sync-source";
import { openTerminal } from "@noctuary/cli/terminal";
import { type Facts, notesBehind } from "@noctuary/core/smart-stacks/facts";
import { asUser } from "@noctuary/db/access";
import { stacksOf } from "@noctuary/db/stacks/stack";
import { PLANTED_KINDS, type PlantedAccount, plantedAccount } from "./planted-account.ts";

/**
 * Recall and precision of the stacks on accounts with known signals, planted in the text and the dates of notes and
 * sent through embedding and clustering. `npm run bench:stacks [-- --seeds tuning|held-out] [--accounts N] [--misses]`.
 * Thresholds were settled on the tuning seeds; the held-out ones are what is reported.
 */
const NIGHT = "2026-11-02T07:30:00Z";
const SEEDS = { tuning: 1_000, "held-out": 700_000 } as const;
const argument = (name: string, otherwise: string) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
};
const seeds = argument("seeds", "held-out") as keyof typeof SEEDS;
const count = Number(argument("accounts", "60"));
const showMisses = process.argv.includes("--misses");
const BACKGROUND = Number(argument("background", "100"));

const signalAccounts = Array.from({ length: count }, (_, i): [string, PlantedAccount] => {
  const first = PLANTED_KINDS[i % 6]!;
  const second = PLANTED_KINDS[(i + 1 + (Math.floor(i / 6) % 5)) % 6]!;
  return [`signal-${String(i).padStart(4, "0")}`, plantedAccount(SEEDS[seeds] + i, [first, second])];
});
const backgroundAccounts = Array.from({ length: BACKGROUND }, (_, i): [string, PlantedAccount] => [
  `background-${String(i).padStart(4, "0")}`,
  plantedAccount(SEEDS[seeds] + 100_000 + i, []),
]);

const home = mkdtempSync(join(tmpdir(), "noctuary-bench-"));
const terminal = openTerminal({ isJson: false });
const session = await openSession({ home }, terminal, { embeddedOnly: true, flags: { embedder: "lexical" } });
try {
  const file = join(home, "accounts.jsonl");
  const lines = [...signalAccounts, ...backgroundAccounts].flatMap(([userId, { notes }]) =>
    notes.map(({ id, title, body, daysAgo }) => {
      const at = new Date(Date.parse(NIGHT) - daysAgo * 86_400_000).toISOString();
      return JSON.stringify({
        id: `${userId} ${id}`,
        title,
        body,
        tags: [],
        createdAt: at,
        updatedAt: at,
        userId,
      });
    }),
  );
  writeFileSync(file, lines.join("\n"));
  await syncSource(session, { path: file, userId: DEFAULT_USER, identity: "planted" });
  const runtime = await startLocalRuntime(session);
  try {
    await runtime.takeUp();
    for (const job of ["nightly-cluster", "nightly-stacks"]) {
      const run = await runJob(runtime, terminal, { job, asOf: NIGHT, options: {} });
      if (run.status !== "done") throw new Error(`${job} ended as ${run.status}`);
    }
  } finally {
    await runtime.close();
  }
  await report(lines.length);
} finally {
  await session.close();
  rmSync(home, { recursive: true, force: true });
}

async function report(notes: number): Promise<void> {
  const tally = new Map(PLANTED_KINDS.map((kind) => [kind, { planted: 0, found: 0, made: 0, right: 0 }]));
  for (const [userId, { signals, notes: own }] of signalAccounts) {
    const stacks = await stacksFor(userId);
    const idOf = await noteIds(userId);
    const titles = new Map(own.map((note) => [idOf.get(note.id)!, note]));
    for (const { kind, noteIds: planted } of signals) {
      const wanted = new Set(planted.map((id) => idOf.get(id)!));
      const row = tally.get(kind)!;
      row.planted += 1;
      if (stacks.some((stack) => stack.kind === kind && overlaps(stack.notes, wanted))) row.found += 1;
      else if (showMisses)
        console.log(
          `missed ${kind} in ${userId}: ${stacks.map((s) => `${s.kind} (${s.notes.length})`).join(", ")}`,
        );
    }
    for (const stack of stacks) {
      const row = tally.get(stack.kind as (typeof PLANTED_KINDS)[number])!;
      row.made += 1;
      const isRight = signals.some(
        ({ kind, noteIds: planted }) =>
          kind === stack.kind && overlaps(stack.notes, new Set(planted.map((id) => idOf.get(id)!))),
      );
      if (isRight) row.right += 1;
      else if (showMisses) {
        console.log(
          `wrong ${stack.kind} in ${userId} (${signals.map((s) => s.kind).join(", ")}): ${stack.reason} ${stack.notes.map((id) => titles.get(id)?.daysAgo.toFixed(0)).join(" ")}`,
        );
      }
    }
  }
  console.log(`\n${seeds} seeds, ${count} accounts with two signals each, ${notes} notes in all\n`);
  console.log("kind              planted  found  recall   made  right  precision");
  for (const [kind, { planted, found, made, right }] of tally) {
    const share = (a: number, b: number) => (b === 0 ? "   - " : (a / b).toFixed(3));
    console.log(
      `${kind.padEnd(16)}  ${String(planted).padStart(7)}  ${String(found).padStart(5)}  ${share(found, planted).padStart(6)}  ${String(made).padStart(5)}  ${String(right).padStart(5)}  ${share(right, made).padStart(9)}`,
    );
  }
  let silent = 0;
  for (const [userId] of backgroundAccounts) {
    const stacks = await stacksFor(userId);
    if (stacks.length === 0) silent += 1;
    else if (showMisses)
      console.log(`background ${userId}: ${stacks.map((s) => `${s.kind}: ${s.reason}`).join(" | ")}`);
  }
  console.log(`\nno stack at all in ${silent} of ${backgroundAccounts.length} accounts of plain background`);
}

async function stacksFor(userId: string) {
  return (await asUser(session.db, userId, (tx) => stacksOf(tx, userId))).map(({ kind, facts, reason }) => ({
    kind,
    reason,
    notes: notesBehind(facts as Facts),
  }));
}

/** The ids that the notes were given, by the ids that the generator knows. */
async function noteIds(userId: string): Promise<Map<string, string>> {
  const { rows } = await session.db.pool.query<{ note_id: string; key: string }>(
    "select note_id, key from noctuary.source_note where user_id = $1",
    [userId],
  );
  return new Map(rows.map(({ note_id, key }) => [key.split(" ").at(-1)!, note_id]));
}

/** Whether at least half of the planted notes are in it, and at least half of it was planted. */
function overlaps(notes: string[], planted: ReadonlySet<string>): boolean {
  const shared = notes.filter((id) => planted.has(id)).length;
  return 2 * shared >= planted.size && 2 * shared >= notes.length;
}
