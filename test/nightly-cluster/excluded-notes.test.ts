import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, type TestNote, themedNotes } from "../support/notes.ts";

const MONDAY = "2026-11-02T07:00:00Z";
const TUESDAY = "2026-11-03T07:00:00Z";
const WEDNESDAY = "2026-11-04T07:00:00Z";
const LATER = "2026-11-02T20:00:00Z";

/** A word that stands in these notes only, which share a cluster with others: it is among the cluster's keyphrases. */
const WORD = "quokka";
const aboutBread = (id: string, words: string): TestNote => ({
  id,
  title: "Sourdough bread",
  body: `Sourdough bread, a loaf of bread. ${words}`,
});
const telling = Array.from({ length: 4 }, (_, i) => aboutBread(`telling-${i}`, `${WORD} crumb${i}, ${WORD}`));
const others = [
  ...Array.from({ length: 16 }, (_, i) => aboutBread(`bread-${i}`, `flour${i}x oven${i}x`)),
  ...themedNotes(48).filter((_, i) => i % 3 === 1),
];
const tellingIds = telling.map((note) => note.id);
const excluded = telling.map((note) => ({ ...note, aiExcluded: true }));

const database = emptiedDatabase();
let night: Night;

beforeEach(async () => {
  night = await openNight(database, { environment: { NOCTUARY_DIMENSIONS: "256" } });
});
afterEach(() => night.close());

/** Every place where the word stands, but for the note itself. */
async function traces(word = WORD): Promise<string[]> {
  const columns = await database.query<{ table_name: string; column_name: string }>(
    `select table_name, column_name from information_schema.columns where table_schema = 'noctuary' and table_name not in ('note', 'own_note')`,
  );
  const found: string[] = [];
  for (const { table_name, column_name } of columns) {
    const rows = await database.query(
      `select 1 from noctuary.${table_name} where ${column_name}::text ilike '%' || $1 || '%'`,
      [word],
    );
    if (rows.length > 0) found.push(`${table_name}.${column_name}`);
  }
  return found.sort();
}

/** Ids of living clusters that are called after the word. */
async function livingNames(): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    `select id from noctuary.cluster where retired_at is null and (name ilike '%${WORD}%' or keyphrases::text ilike '%${WORD}%')
     order by id`,
  );
  return rows.map(({ id }) => id);
}

async function firstNight(notes: TestNote[]): Promise<void> {
  await putNotes(database, "u", notes);
  expect((await night.run({}, MONDAY)).status).toBe("done");
  expect(await livingNames(), "a cluster is called after it").not.toEqual([]);
}

async function expectNothingDerived(): Promise<void> {
  expect(await traces()).toEqual([]);
  for (const table of ["note_embedding", "cluster_membership"]) {
    expect(await database.query(`select 1 from noctuary.${table} where note_id = 'telling'`), table).toEqual(
      [],
    );
  }
}

test.each<[string, () => Promise<void>]>([
  [
    "excluded",
    () =>
      putNotes(
        database,
        "u",
        telling.map((note) => ({ ...note, aiExcluded: true, updatedAt: LATER })),
      ),
  ],
  ["excluded without a new date", () => putNotes(database, "u", excluded)],
  ["deleted", () => deleteNotes(database, "u", tellingIds)],
  ["removed", () => deleteNotes(database, "u", tellingIds, "remove")],
])(
  "of a note that was %s nothing derived is left: no vector, no membership, no word in a name",
  async (_, takeAway) => {
    await firstNight([...others, ...telling]);
    await takeAway();
    expect((await night.run({}, TUESDAY)).status).toBe("done");
    await expectNothingDerived();
    const [{ size }] = (await database.query<{ size: number }>(
      "select sum(size)::int as size from noctuary.cluster where level = 'topic' and retired_at is null",
    )) as [{ size: number }];
    expect(size).toBe(others.length);
  },
);

test("a cluster all of whose notes are excluded is retired without name, words and centroid", async () => {
  const pottery = themedNotes(120, { themes: 6 }).filter((_, i) => i % 6 === 5);
  const own = pottery.map((note, i) => ({ ...note, id: `own-${i}`, title: `${WORD} ${note.title}` }));
  await firstNight([...themedNotes(40, { themes: 2 }), ...own]);
  const theirs = await database.query<{ id: string }>(
    "select cluster_id as id from noctuary.cluster_membership group by 1 having bool_and(note_id like 'own-%')",
  );
  expect(theirs.length).toBeGreaterThan(0);
  await putNotes(
    database,
    "u",
    own.map((note) => ({ ...note, aiExcluded: true })),
  );
  await night.run({}, TUESDAY);
  expect(await traces()).toEqual([]);
  const retired = await database.query(
    "select distinct name, keyphrases, size, centroid, retired_at is not null as is_retired from noctuary.cluster where id = any($1)",
    [theirs.map(({ id }) => id)],
  );
  expect(retired).toEqual([{ name: "", keyphrases: [], size: 0, centroid: null, is_retired: true }]);
});

test("a word of a note stays in no name of a cluster that the note has left before it was excluded", async () => {
  await firstNight([...others, ...telling]);
  const garden = themedNotes(1, { from: 1 })[0]!;
  const moved = telling.map((note) => ({ ...garden, id: note.id, updatedAt: LATER }));
  await putNotes(database, "u", moved);
  await night.run({}, TUESDAY);
  expect(
    await database.query("select note_id from noctuary.cluster_event where kind = 'moved' order by 1"),
  ).toEqual(tellingIds.map((note_id) => ({ note_id })));
  expect(await livingNames(), "a cluster that is still itself keeps its name").not.toEqual([]);
  await putNotes(
    database,
    "u",
    moved.map((note) => ({ ...note, aiExcluded: true })),
  );
  await night.run({}, WEDNESDAY);
  await expectNothingDerived();
});

test("a note that is excluded from the beginning is never sent to the embedder", async () => {
  await putNotes(database, "u", [...themedNotes(6), ...excluded]);
  expect(await night.run({}, MONDAY)).toMatchObject({ totals: { live: 6, excluded: 4, embedded: 6 } });
  await expectNothingDerived();
});

test("a note that is no longer excluded comes back", async () => {
  await putNotes(database, "u", [...themedNotes(6), ...excluded]);
  await night.run({}, MONDAY);
  await putNotes(database, "u", telling);
  expect(await night.run({}, TUESDAY)).toMatchObject({ totals: { new: 4, embedded: 4 } });
  expect(
    await database.query("select 1 from noctuary.cluster_membership where note_id like 'telling-%'"),
  ).toHaveLength(4);
});

test("a user whose AI is switched off has no note read", async () => {
  await putNotes(database, "u", themedNotes(4));
  await database.query("insert into noctuary.user_setting (user_id, ai_enabled) values ('u', false)");
  expect((await night.run({}, MONDAY)).status).toBe("done");
  expect(await database.query("select 1 from noctuary.note_embedding")).toEqual([]);
});
