import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const nightOf = (november: number) => `2026-11-${String(november).padStart(2, "0")}T08:00:00Z`;

const database = emptiedDatabase();
let night: Night;

beforeEach(async () => {
  night = await openNight(database);
});
afterEach(() => night.close());

const idsOf = (count: number) => themedNotes(count).map((note) => note.id);

async function firstNight(count: number, userId = "u"): Promise<void> {
  await putNotes(database, userId, themedNotes(count));
  await night.run({}, nightOf(2));
}

/** Notes with a vector and a membership. */
async function kept(): Promise<number> {
  const rows = await database.query<{ notes: number }>(`select count(*)::int as notes
    from noctuary.note_embedding e join noctuary.cluster_membership m on m.user_id = e.user_id and m.note_id = e.note_id`);
  return rows[0]!.notes;
}

test.each([
  { known: 60, gone: 21, why: "more than 20 and more than a fifth" },
  { known: 25, gone: 25, why: "all of them" },
])(
  "when $gone of $known notes vanish ($why), nothing is purged and the run is partial",
  async ({ known, gone }) => {
    await firstNight(known);
    await deleteNotes(database, "u", idsOf(gone));
    expect(await night.run({}, nightOf(3))).toMatchObject({
      status: "partial",
      totals: { vanished: gone, withheld: gone },
    });
    expect(await kept()).toBe(known);
  },
);

test.each([
  { known: 60, gone: 20, why: "not more than 20" },
  { known: 110, gone: 22, why: "not more than a fifth" },
  { known: 5, gone: 5, why: "a few notes" },
])("when $gone of $known notes are deleted ($why), they are purged", async ({ known, gone }) => {
  await firstNight(known);
  await deleteNotes(database, "u", idsOf(gone));
  expect(await night.run({}, nightOf(3))).toMatchObject({
    status: "done",
    totals: { withheld: 0, purged: gone },
  });
  expect(await kept()).toBe(known - gone);
});

test("notes whose rows are gone count as those that are marked deleted", async () => {
  await firstNight(40);
  await deleteNotes(database, "u", idsOf(11));
  await deleteNotes(database, "u", idsOf(22).slice(11), "remove");
  expect(await night.run({}, nightOf(3))).toMatchObject({
    status: "partial",
    totals: { vanished: 22, withheld: 22 },
  });
});

test("a whole source that is gone is held back, however small", async () => {
  await firstNight(30);
  await database.query(
    `insert into noctuary.source (user_id, id, kind, path) values ('u', 's', 'folder', '/notes')`,
  );
  await database.query(
    `insert into noctuary.source_note (user_id, source_id, note_id, key, content_hash, text_hash, removed_at)
     select 'u', 's', id, id, '', '', now() from unnest($1::text[]) as n(id)`,
    [idsOf(3)],
  );
  await deleteNotes(database, "u", idsOf(3));
  expect(await night.run({}, nightOf(3))).toMatchObject({ status: "partial", totals: { withheld: 3 } });
  expect(await kept()).toBe(30);
});

test("a source that lost a few of its notes is not a whole source", async () => {
  await firstNight(30);
  await database.query(
    `insert into noctuary.source_note (user_id, source_id, note_id, key, content_hash, text_hash)
     select 'u', 's', id, id, '', '' from unnest($1::text[]) as n(id)`,
    [idsOf(4)],
  );
  await deleteNotes(database, "u", idsOf(3));
  expect(await night.run({}, nightOf(3))).toMatchObject({
    status: "done",
    totals: { withheld: 0, purged: 3 },
  });
});

test("a few notes of each of many users, 5 % of all, are held back too", async () => {
  const users = ["u1", "u2", "u3", "u4", "u5"];
  for (const user of users) await putNotes(database, user, themedNotes(40));
  await night.run({}, nightOf(2));
  for (const user of users) await deleteNotes(database, user, idsOf(5));
  expect(await night.run({}, nightOf(3))).toMatchObject({ status: "partial", totals: { withheld: 25 } });
  expect(await kept()).toBe(200);
});

test("up to 5 % of all notes are ordinary deletions", async () => {
  for (const user of ["u1", "u2", "u3"]) await putNotes(database, user, themedNotes(150));
  await night.run({}, nightOf(2));
  for (const user of ["u1", "u2", "u3"]) await deleteNotes(database, user, idsOf(7));
  expect(await night.run({}, nightOf(3))).toMatchObject({ status: "done", totals: { purged: 21 } });
});

test("excluded notes are a decision about each one: they are never held back", async () => {
  await firstNight(60);
  await putNotes(
    database,
    "u",
    themedNotes(40).map((note) => ({ ...note, aiExcluded: true })),
  );
  expect(await night.run({}, nightOf(3))).toMatchObject({
    status: "done",
    totals: { withheld: 0, purged: 40 },
  });
  expect(await kept()).toBe(20);
});

test("what is held back stays in its clusters while the rest of the night goes on", async () => {
  await firstNight(60);
  await deleteNotes(database, "u", idsOf(25));
  await putNotes(database, "u", themedNotes(5, { from: 60 }));
  expect(await night.run({}, nightOf(3))).toMatchObject({
    status: "partial",
    totals: { new: 5, embedded: 5, withheld: 25, clustered: 65, purged: 0 },
  });
  expect(await kept()).toBe(65);
});

test("a confirmed deletion is carried out at once", async () => {
  await firstNight(60);
  await deleteNotes(database, "u", idsOf(30));
  await night.run({}, nightOf(3));
  expect(await night.run({ acceptDeletions: true }, nightOf(3))).toMatchObject({
    status: "done",
    totals: { vanished: 30, withheld: 0, purged: 30 },
  });
  expect(await kept()).toBe(30);
  expect(await night.run({}, nightOf(4)), "and the night after has nothing to do").toMatchObject({
    status: "done",
    totals: { vanished: 0 },
  });
});

test("after seven nights a deletion that nobody undid is carried out", async () => {
  await firstNight(60);
  await deleteNotes(database, "u", idsOf(30));
  for (const day of [3, 4, 9]) {
    expect(await night.run({}, nightOf(day)), `on the ${day}th`).toMatchObject({ status: "partial" });
  }
  expect(await kept()).toBe(60);
  expect(await night.run({}, nightOf(10))).toMatchObject({ status: "done", totals: { purged: 30 } });
  expect(await kept()).toBe(30);
});

test("notes that come back need no new vectors, and the seven nights of a later loss begin anew", async () => {
  await firstNight(60);
  await deleteNotes(database, "u", idsOf(30));
  expect((await night.run({}, nightOf(3))).status).toBe("partial");
  await putNotes(database, "u", themedNotes(30));
  const back = await night.run({}, nightOf(4));
  expect(back).toMatchObject({ status: "done", totals: { vanished: 0, new: 0, changed: 0 } });

  await deleteNotes(database, "u", idsOf(30));
  expect(await night.run({}, nightOf(20))).toMatchObject({ status: "partial", totals: { withheld: 30 } });
  expect(await kept()).toBe(60);
});

test.each(["mark", "remove"] as const)(
  "notes that vanish between the plan and the clustering (%s), as when a role loses its rights, are not purged",
  async (how) => {
    await firstNight(40);
    await putNotes(database, "u", [{ id: "new", title: "a new note", body: "about bread" }]);
    const { runId } = await night.start({ trigger: "manual", asOf: nightOf(3), options: {} });
    for (const message of await night.receive("embed")) await night.deliver("embed", [message]);
    await deleteNotes(database, "u", idsOf(40), how);
    expect(await night.finish(runId)).toMatchObject({
      status: "partial",
      totals: { withheld: 40, purged: 0 },
    });
    expect(await kept()).toBe(41);
    expect(await night.run({}, nightOf(4)), "the next plan counts them").toMatchObject({
      status: "partial",
      totals: { vanished: 40, withheld: 40 },
    });
  },
);
