import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { countingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";
import { contentsOf } from "../support/outcome.ts";

const TUESDAY = "2026-11-03T08:00:00Z";
const paid: string[] = [];
const database = emptiedDatabase();
let night: Night;

beforeEach(async () => {
  night = await openNight(database, {
    environment: { NOCTUARY_PLAN_PAGE_NOTES: "7" },
    wrap: (context) => ({ ...context, embedder: countingEmbedder(context.embedder, paid) }),
  });
});
afterEach(() => night.close());

/** Everything that a dry run may find, over two users. */
async function anOrdinaryDay(): Promise<void> {
  await putNotes(database, "u1", themedNotes(30));
  await putNotes(database, "u2", themedNotes(50));
  await night.run({}, "2026-11-02T08:00:00Z");
  const [first, second, third] = themedNotes(3);
  await putNotes(database, "u1", [
    { ...first!, body: "rewritten", updatedAt: TUESDAY },
    { ...second!, updatedAt: TUESDAY },
    { ...third!, aiExcluded: true, updatedAt: TUESDAY },
    ...themedNotes(4, { from: 30 }),
    { id: "empty", title: "", body: " " },
  ]);
  await deleteNotes(database, "u1", ["note-00020", "note-00021"]);
  await deleteNotes(
    database,
    "u2",
    themedNotes(25).map((note) => note.id),
  );
}

test("a dry run calls nobody and writes nothing but its own run and plan", async () => {
  await anOrdinaryDay();
  const before = await contentsOf(database);
  paid.length = 0;
  const run = await night.run({ dryRun: true }, TUESDAY);
  expect(run.status).toBe("partial"); // it says that deletions would wait for a confirmation
  expect(paid).toEqual([]);

  const after = await contentsOf(database);
  const { run: runs, task, ...rest } = after;
  const { run: runsBefore, task: tasksBefore, ...restBefore } = before;
  expect(rest).toEqual(restBefore);
  for (const [now, then] of [
    [runs, runsBefore],
    [task, tasksBefore],
  ]) {
    expect(now).toHaveLength(then!.length + 1);
    expect(now).toEqual(expect.arrayContaining(then!));
  }
});

test("a dry run counts exactly what the night then does", async () => {
  await anOrdinaryDay();
  const dry = await night.run({ dryRun: true }, TUESDAY);
  const counts = {
    users: 2,
    live: 57,
    new: 5,
    changed: 1,
    unchanged: 51,
    excluded: 1,
    vanished: 27,
    withheld: 27,
  };
  const toEmbed = [
    { ...themedNotes(1)[0]!, body: "rewritten" },
    ...themedNotes(4, { from: 30 }),
    { title: "", body: " " },
  ];
  const bytes = Buffer.byteLength(toEmbed.map(({ title, body }) => title + body).join(""));
  expect(dry.totals).toMatchObject({ ...counts, toEmbed: 6, bytes });

  const real = await night.run({}, TUESDAY);
  expect(real.totals).toMatchObject({ ...counts, embedded: 5, failedNotes: 1, purged: 1 });
});

test("a dry run of one user looks at that user only", async () => {
  await anOrdinaryDay();
  const dry = await night.run({ dryRun: true, userIds: ["u1"] }, TUESDAY);
  expect(dry.totals).toMatchObject({ users: 1, live: 32, vanished: 2 });
});

test("a full dry run counts every living note as to be embedded", async () => {
  await anOrdinaryDay();
  const dry = await night.run({ dryRun: true, full: true }, TUESDAY);
  expect(dry.totals).toMatchObject({ live: 57, toEmbed: 57 });
});

test("a confirmed dry run counts no deletion as held back", async () => {
  await anOrdinaryDay();
  const dry = await night.run({ dryRun: true, acceptDeletions: true }, TUESDAY);
  expect(dry).toMatchObject({ status: "done", totals: { vanished: 27, withheld: 0 } });
});

test("a dry run before the first night counts all notes as new", async () => {
  await putNotes(database, "u1", themedNotes(20));
  const dry = await night.run({ dryRun: true }, TUESDAY);
  expect(dry).toMatchObject({ status: "done", totals: { users: 1, live: 20, new: 20, toEmbed: 20 } });
});
