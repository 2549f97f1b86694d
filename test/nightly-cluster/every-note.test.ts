import { asLedger } from "@noctuary/db/access";
import { accountForNotes } from "@noctuary/db/notes/note-account";
import { afterEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const TUESDAY = "2026-11-03T08:00:00Z";
const database = emptiedDatabase();
let night: Night;

afterEach(() => night.close());

const account = () => asLedger(database.db, (tx) => accountForNotes(tx, night.context.embedder));
const embeddingOf = async (id: string) =>
  (
    await database.query(
      `select content_hash is not null as embedded, vector is not null as has_vector, failed_code
       from noctuary.note_embedding where note_id = $1`,
      [id],
    )
  )[0];

test("every note is embedded, excluded or failed with a reason", async () => {
  night = await openNight(database);
  await putNotes(database, "u", [
    ...themedNotes(9),
    { id: "empty", title: "", body: "" },
    { id: "blank", title: " ", body: "\n\t\n" },
    { id: "private", title: "Private", body: "text", aiExcluded: true },
    { id: "title only", title: "Only a title", body: "" },
    { id: "no words", title: "", body: "!!! 42" },
  ]);
  await deleteNotes(database, "u", ["note-00008"]);
  expect(await account()).toEqual({ notes: 13, embedded: 0, excluded: 1, failed: 0, pending: 12 });
  expect(await night.run()).toMatchObject({ status: "done", totals: { failedNotes: 2 } });
  expect(await account()).toEqual({ notes: 13, embedded: 10, excluded: 1, failed: 2, pending: 0 });
  expect(await embeddingOf("empty")).toEqual({
    embedded: false,
    has_vector: false,
    failed_code: "empty_note",
  });
});

test("a note that failed is left alone until it changes, then it is embedded", async () => {
  night = await openNight(database);
  await putNotes(database, "u", [...themedNotes(3), { id: "empty", title: "", body: "" }]);
  await night.run();
  expect(await night.run({}, TUESDAY)).toMatchObject({ totals: { new: 0, changed: 0, unchanged: 4 } });
  await putNotes(database, "u", [{ id: "empty", title: "", body: "Now with words.", updatedAt: TUESDAY }]);
  expect(await night.run({}, "2026-11-04T08:00:00Z")).toMatchObject({ totals: { changed: 1, embedded: 1 } });
  expect(await embeddingOf("empty")).toEqual({ embedded: true, has_vector: true, failed_code: null });
});

test("a note that was emptied is failed, and a note that is as it was before needs no new vector", async () => {
  night = await openNight(database);
  const [note] = themedNotes(1);
  await putNotes(database, "u", themedNotes(3));
  await night.run();
  await putNotes(database, "u", [{ ...note!, title: "", body: "", updatedAt: TUESDAY }]);
  await night.run({}, TUESDAY);
  expect(await account()).toMatchObject({ embedded: 2, failed: 1, pending: 0 });
  await putNotes(database, "u", [{ ...note!, updatedAt: "2026-11-03T20:00:00Z" }]);
  expect(await night.run({}, "2026-11-04T08:00:00Z")).toMatchObject({ totals: { embedded: 0, reused: 1 } });
  expect(await account()).toMatchObject({ embedded: 3, failed: 0, pending: 0 });
});

test("notes of a batch that failed are pending, and the next night embeds them", async () => {
  await putNotes(database, "u", themedNotes(12));
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "4" },
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(context.embedder, (inputs) =>
        inputs.some((text) => text.startsWith(themedNotes(1)[0]!.title)),
      ),
    }),
  });
  expect(await night.run()).toMatchObject({ status: "partial", totals: { failedTasks: 1, embedded: 8 } });
  expect(await account()).toEqual({ notes: 12, embedded: 8, excluded: 0, failed: 0, pending: 4 });
  await night.close();

  night = await openNight(database);
  expect(await night.run({}, TUESDAY)).toMatchObject({ status: "done", totals: { new: 4, embedded: 4 } });
  expect(await account()).toEqual({ notes: 12, embedded: 12, excluded: 0, failed: 0, pending: 0 });
});

const ODD_IDS = [
  "it's",
  'say "hi"',
  "a,b",
  "{a,b}",
  "{",
  "back\\slash",
  "\\",
  "%_like",
  "日本語",
  "émoji 🦉",
  "\u{1f3f4}\u{e0067}\u{e007f}",
  " leading and trailing ",
  "tab\tand\nline",
  "NULL",
  "null",
  "0",
  "$1",
  "'; drop table noctuary.note; --",
  "[1,2]",
  "\u202ertl",
  "a/b?c=d&e#f",
  "x".repeat(300),
];

test("ids of users and notes may hold any character", async () => {
  night = await openNight(database, {
    environment: { NOCTUARY_PLAN_PAGE_NOTES: "4", NOCTUARY_EMBED_BATCH_NOTES: "3" },
  });
  const notes = themedNotes(ODD_IDS.length).map((note, i) => ({ ...note, id: ODD_IDS[i]! }));
  const users = ODD_IDS.slice(0, 20);
  for (const user of users) await putNotes(database, user, notes.slice(0, 4));
  await putNotes(database, ODD_IDS[20]!, notes);
  await putNotes(database, ODD_IDS[21]!, notes.slice(0, 2));
  const all = 20 * 4 + notes.length + 2;

  expect(await night.run()).toMatchObject({
    status: "done",
    totals: { users: 22, new: all, failedTasks: 0 },
  });
  expect(await account()).toMatchObject({ notes: all, embedded: all, pending: 0 });
  const members = await database.query("select note_id from noctuary.cluster_membership where user_id = $1", [
    ODD_IDS[20],
  ]);
  expect(members.map((row) => row.note_id).sort()).toEqual(ODD_IDS.toSorted());

  await putNotes(database, ODD_IDS[20]!, [{ ...notes[5]!, body: "changed", updatedAt: TUESDAY }]);
  await deleteNotes(database, ODD_IDS[20]!, ODD_IDS.slice(10, 14));
  const asked = { userIds: [ODD_IDS[20]!, ODD_IDS[0]!, ODD_IDS[9]!] };
  expect(await night.run(asked, TUESDAY)).toMatchObject({
    status: "done",
    totals: { users: 3, changed: 1, embedded: 1, vanished: 4, purged: 4 },
  });
});
