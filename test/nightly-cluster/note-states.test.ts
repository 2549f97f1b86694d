import { readFileSync } from "node:fs";
import { asLedger } from "@noctuary/db/access";
import { accountOf, noteStates } from "@noctuary/db/notes/note-account";
import { sql } from "drizzle-orm";
import { afterEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const TUESDAY = "2026-11-03T08:00:00Z";
const database = emptiedDatabase();
let night: Night;

afterEach(() => night.close());

const statesOf = (user?: string) =>
  asLedger(database.db, (tx) => noteStates(tx, night.context.embedder, user));
const reasons = async (user?: string) =>
  Object.fromEntries(
    (await statesOf(user)).map(({ state, reason, notes }) => [`${state} ${reason ?? ""}`.trim(), notes]),
  );

const leftCodes = () =>
  database.query(
    "select 1 from noctuary.note_embedding where coalesce(failed_code, failed_at::text) is not null",
  );

/** The query as docs/contract.md has it, for whoever asks the database. */
async function documentedCounts(): Promise<Record<string, number>> {
  const document = readFileSync(new URL("../../docs/contract.md", import.meta.url), "utf8");
  const query = /set role noctuary_ledger;\n(select state[\s\S]*?);\n```/.exec(document)![1]!;
  const { model, dimensions } = night.context.embedder;
  const { rows } = await asLedger(database.db, (tx) =>
    tx.execute<{ state: string; notes: number }>(
      sql.raw(query.replace("$1", `'${model}'`).replace("$2", String(dimensions))),
    ),
  );
  const counts: Record<string, number> = {};
  for (const { state, notes } of rows) counts[state] = (counts[state] ?? 0) + notes;
  return counts;
}

/** A night in which everything that holds one of the first four notes fails. */
async function openFailingNight(): Promise<void> {
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "4" },
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(context.embedder, (inputs) =>
        inputs.some((text) => text.startsWith(themedNotes(1)[0]!.title)),
      ),
    }),
  });
}

test("each living note is in one state, with the reason", async () => {
  night = await openNight(database);
  await putNotes(database, "u", [
    ...themedNotes(6),
    { id: "blank", title: " ", body: "" },
    { id: "private", title: "Private", body: "text", aiExcluded: true },
  ]);
  await putNotes(database, "off", themedNotes(3));
  await database.query("insert into noctuary.user_setting (user_id, ai_enabled) values ('off', false)");
  expect(await reasons()).toEqual({ "excluded user": 3, "excluded note": 1, "pending new": 7 });
  await night.run();
  expect(await reasons()).toEqual({
    "excluded user": 3,
    "excluded note": 1,
    "failed empty_note": 1,
    embedded: 6,
  });
  await putNotes(database, "u", [
    { ...themedNotes(1)[0]!, body: "changed", updatedAt: TUESDAY },
    { id: "blank", title: "Now a title", body: "", updatedAt: TUESDAY },
  ]);
  await deleteNotes(database, "u", ["note-00005"]);
  expect(await reasons("u")).toEqual({ "excluded note": 1, "pending changed": 2, embedded: 4 });
  expect(accountOf(await statesOf())).toEqual({ notes: 10, embedded: 4, excluded: 4, failed: 0, pending: 2 });
  const changed = (await statesOf()).find(({ reason }) => reason === "changed");
  expect(changed!.since).toEqual(new Date(TUESDAY));
  const { notes: _, ...states } = accountOf(await statesOf());
  const counted = Object.fromEntries(Object.entries(states).filter(([, notes]) => notes > 0));
  expect(await documentedCounts(), "the documented query says the same").toEqual(counted);
});

test("notes of a task that was given up wait with the reason, and the next night asks for them again", async () => {
  await putNotes(database, "u", themedNotes(12));
  await openFailingNight();
  const before = new Date();
  expect(await night.run()).toMatchObject({ status: "partial", totals: { failedTasks: 1, embedded: 8 } });
  expect(await reasons()).toEqual({ embedded: 8, "pending provider_down": 4 });
  const waiting = (await statesOf()).find(({ state }) => state === "pending")!;
  expect(waiting.since!.getTime()).toBeGreaterThan(before.getTime() - 60_000);
  await night.close();

  night = await openNight(database);
  expect(await night.run({}, TUESDAY)).toMatchObject({ status: "done", totals: { new: 4, embedded: 4 } });
  expect(await reasons()).toEqual({ embedded: 12 });
  expect(await leftCodes()).toEqual([]);
});

test("a changed note whose task was given up keeps its vector; put back as it was, nothing is wrong with it", async () => {
  const notes = themedNotes(12);
  await putNotes(database, "u", notes);
  night = await openNight(database);
  await night.run();
  await night.close();

  await putNotes(database, "u", [{ ...notes[0]!, body: "another text", updatedAt: TUESDAY }]);
  await openFailingNight();
  await night.run({}, TUESDAY);
  expect(await reasons()).toEqual({ embedded: 11, "pending provider_down": 1 });
  const kept = "select 1 from noctuary.note_embedding where note_id = 'note-00000' and vector is not null";
  expect(await database.query(kept)).toHaveLength(1);

  await putNotes(database, "u", [{ ...notes[0]!, updatedAt: "2026-11-03T20:00:00Z" }]);
  await night.run({}, "2026-11-04T08:00:00Z");
  expect(await reasons()).toEqual({ embedded: 12 });
  expect(await leftCodes()).toEqual([]);
});
