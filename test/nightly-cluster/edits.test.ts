import { asUser } from "@noctuary/db/access";
import { addEdit, removeEdit } from "@noctuary/db/clusters/cluster-edit";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const TUESDAY = "2026-11-03T08:00:00Z";
const WEDNESDAY = "2026-11-04T08:00:00Z";
const SPRING = "2027-03-20T08:00:00Z";
const database = databaseOfFile();
let afterFirstNight: () => Promise<void>;
let night: Night;
/** Clusters of the first night by a note that is in them. */
let bread: string;
let garden: string;
let sailing: string;

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(45));
  night = await openNight(database);
  await night.run();
  await night.close();
  [bread, garden, sailing] = (await Promise.all([0, 1, 2].map((n) => clusterOf(noteId(n))))) as [
    string,
    string,
    string,
  ];
  expect(new Set([bread, garden, sailing]).size, "three themes, three clusters").toBe(3);
  afterFirstNight = await database.keep();
});
beforeEach(async () => {
  await afterFirstNight();
  night = await openNight(database);
});
afterEach(() => night.close());

const noteId = (n: number) => `note-${String(n).padStart(5, "0")}`;

/** Without anything new a night would not even look at the clusters. */
const oneMoreNote = (n: number) => putNotes(database, "u", themedNotes(1, { from: 48 + 3 * n }));

async function clusterOf(note: string): Promise<string | undefined> {
  const rows = await database.query<{ id: string }>(
    "select cluster_id as id from noctuary.cluster_membership where note_id = $1",
    [note],
  );
  return rows[0]?.id;
}

const edit = (
  ...[kind, more]: [Parameters<typeof addEdit>[2]["kind"], Omit<Parameters<typeof addEdit>[2], "kind">]
) => asUser(database.db, "u", (tx) => addEdit(tx, "u", { kind, ...more }));

const events = (runId: string, kinds: string[]) =>
  database.query(
    `select kind, cluster_id, other_id, note_id, cause, edit_id from noctuary.cluster_event
     where run_id = $1 and kind = any($2)
       and cluster_id in (select id from noctuary.cluster where level = 'topic') order by id`,
    [runId, kinds],
  );

const clusters = () =>
  database.query<{ id: string; name: string; named_by: string; size: number }>(
    "select id, name, named_by, size from noctuary.cluster where retired_at is null and level = 'topic' order by id",
  );

test("what the user decided is kept night after night, and each edit knows it", async () => {
  await edit("rename", { clusterId: bread, name: "Loaves" });
  await edit("move", { clusterId: bread, noteIds: [noteId(1)] });
  await edit("not-here", { clusterId: sailing, noteIds: [noteId(2)] });
  const own = await edit("split", { clusterId: garden, noteIds: [noteId(4), noteId(7)] });
  await edit("pin", { clusterId: sailing });
  for (const [i, asOf] of [TUESDAY, WEDNESDAY].entries()) {
    await oneMoreNote(i);
    const run = await night.run({}, asOf);
    expect(run.status).toBe("done");
    expect(await clusterOf(noteId(1))).toBe(bread);
    expect(await clusterOf(noteId(2))).not.toBe(sailing);
    expect([await clusterOf(noteId(4)), await clusterOf(noteId(7))]).toEqual([own, own]);
    expect((await clusters()).find(({ id }) => id === bread)).toMatchObject({
      name: "Loaves",
      named_by: "user",
    });
    expect((await clusters()).reduce((sum, { size }) => sum + size, 0)).toBe(46 + i);
    if (asOf === WEDNESDAY) {
      expect(
        await events(run.id, ["moved", "edit", "renamed", "split", "merged", "retired", "born"]),
      ).toEqual([]);
      expect(run.totals).toMatchObject({ moved: 0, settled: 46, churn: 0 });
    }
  }
  expect(await database.query("select distinct outcome from noctuary.cluster_edit")).toEqual([
    { outcome: "kept" },
  ]);
  await expect.poll(() => night.log()).toContain('"Churn":0');
});

test("merged clusters are one with its events; when that is taken back both are there again", async () => {
  const merge = await edit("merge", { clusterId: bread, otherId: garden });
  const merged = await night.run({}, TUESDAY);
  expect(await clusterOf(noteId(0))).toBe(garden);
  expect(await events(merged.id, ["merged"])).toEqual([
    { kind: "merged", cluster_id: bread, other_id: garden, note_id: null, cause: "edit", edit_id: merge },
  ]);
  expect(await events(merged.id, ["moved"])).toHaveLength(15);
  await oneMoreNote(0);
  expect((await night.run({}, WEDNESDAY)).totals).toMatchObject({ moved: 0, settled: 45 });

  await asUser(database.db, "u", (tx) => removeEdit(tx, "u", merge));
  const undone = await night.run({}, "2026-11-05T08:00:00Z");
  expect(await clusterOf(noteId(0))).toBe(bread);
  expect(await clusterOf(noteId(1))).toBe(garden);
  expect(await events(undone.id, ["returned"])).toMatchObject([{ cluster_id: bread, cause: "edit" }]);
});

test("a merge of two topics that nothing links does not have all notes grouped anew night after night", async () => {
  await edit("merge", { clusterId: bread, otherId: garden });
  await night.run({}, TUESDAY);
  for (const [i, asOf] of [WEDNESDAY, "2026-11-05T08:00:00Z"].entries()) {
    await oneMoreNote(i);
    await night.run({}, asOf);
    // Grouping anew begins to count again.
    expect(
      await database.query("select changed_since_regrouping as changed from noctuary.user_state"),
    ).toEqual([{ changed: i + 1 }]);
  }
});

test("a name that is taken back is one of ours again", async () => {
  const id = await edit("rename", { clusterId: bread, name: "Loaves" });
  await night.run({}, TUESDAY);
  await asUser(database.db, "u", (tx) => removeEdit(tx, "u", id));
  await night.run({}, WEDNESDAY);
  const named = (await clusters()).find((cluster) => cluster.id === bread)!;
  expect(named.named_by).toBe("noctuary");
  expect(named.name).not.toMatch(/^$|Loaves/);
});

test("an edit about a note that was deleted says so in an event, once", async () => {
  const id = await edit("move", { clusterId: bread, noteIds: [noteId(1), noteId(4)] });
  await deleteNotes(database, "u", [noteId(1)]);
  const run = await night.run({}, TUESDAY);
  expect(await events(run.id, ["edit"])).toEqual([
    { kind: "edit", cluster_id: bread, other_id: null, note_id: null, cause: "note-gone", edit_id: id },
  ]);
  expect(await clusterOf(noteId(4))).toBe(bread);
  const next = await night.run({}, WEDNESDAY);
  expect(await events(next.id, ["edit"])).toEqual([]);
  expect(await database.query("select outcome, notes_kept from noctuary.cluster_edit")).toEqual([
    { outcome: "note-gone", notes_kept: 1 },
  ]);
});

test.each([
  ["within a season under its id", WEDNESDAY, true],
  ["after a season as a new one", SPRING, false],
])("a cluster whose notes vanished and are there again comes back %s", async (_, asOf, isSame) => {
  const theme = Array.from({ length: 15 }, (_, i) => noteId(i * 3));
  await deleteNotes(database, "u", theme, "remove");
  await night.run({ acceptDeletions: true }, TUESDAY);
  const retired = "select id from noctuary.cluster where id = $1 and retired_at is not null";
  expect(await database.query(retired, [bread])).toHaveLength(1);
  await putNotes(
    database,
    "u",
    themedNotes(45).filter(({ id }) => theme.includes(id)),
  );
  const back = await night.run({}, asOf);
  expect((await clusterOf(noteId(0))) === bread).toBe(isSame);
  const returned = { kind: "returned", cluster_id: bread };
  expect(await events(back.id, ["returned"])).toMatchObject(isSame ? [returned] : []);
});

test("a user whose notes all vanished overnight loses no cluster: they wait, and are there when the notes are", async () => {
  const before = await clusters();
  const all = themedNotes(45);
  await deleteNotes(
    database,
    "u",
    all.map(({ id }) => id),
    "remove",
  );
  expect((await night.run({}, TUESDAY)).status).toBe("partial");
  expect(await clusters()).toEqual(before);
  await putNotes(database, "u", all);
  await night.run({}, WEDNESDAY);
  expect(await clusters()).toEqual(before);
});

test("every move of an unchanged note has its cause", async () => {
  await edit("forget", { clusterId: sailing });
  await putNotes(database, "u", [{ ...themedNotes(1, { from: 1 })[0]!, id: noteId(0), updatedAt: TUESDAY }]);
  const run = await night.run({}, TUESDAY);
  const moves = await events(run.id, ["moved"]);
  expect(moves.length).toBeGreaterThan(10);
  for (const move of moves) {
    if (move.other_id === sailing) expect(move.cause).toBe("edit");
    else expect(move.cause).not.toBeNull();
  }
  expect(moves.find((move) => move.note_id === noteId(0))?.cause).toBe("rewritten");
});
