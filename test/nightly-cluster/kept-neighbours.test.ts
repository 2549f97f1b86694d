import { decodeState, KEPT_VERSION } from "@noctuary/core/clustering/kept-state";
import type { Context } from "@noctuary/core/context";
import { LEXICAL_MODEL } from "@noctuary/core/embedding/lexical";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const LATER = "2026-11-02T20:00:00Z";

const database = databaseOfFile();
let afterFirstNight: () => Promise<void>;
let night: Night;
/** The groups after a second night in which one note is another, from whole kept neighbours. */
let undamaged: unknown;

/** Keeps neighbours of small accounts too. */
const wrap = (context: Context): Context => ({
  ...context,
  limits: { ...context.limits, keepNeighboursFrom: 20 },
});

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(150));
  night = await openNight(database, { wrap });
  await night.run();
  await night.close();
  afterFirstNight = await database.keep();
  night = await openNight(database, { wrap });
  await changeOne();
  await night.run();
  await night.close();
  undamaged = await groups();
});
beforeEach(async () => {
  await afterFirstNight();
  night = await openNight(database, { wrap });
});
afterEach(() => night.close());

const kept = () =>
  database.query<{ part: string; chunks: number }>(
    "select part, count(*)::int as chunks from noctuary.kept_neighbours_chunk where user_id = 'u' group by 1 order by 1",
  );
const checksum = async () =>
  (await database.query<{ checksum: string }>("select checksum::text from noctuary.kept_neighbours"))[0]
    ?.checksum;
/** Who is with whom, whatever the clusters are called. */
const groups = () =>
  database.query(
    `select array_agg(note_id order by note_id) as notes, array_agg(confidence order by note_id) as confidence
     from noctuary.cluster_membership group by cluster_id order by 1`,
  );

function changeOne(): Promise<void> {
  const [note, other] = themedNotes(2);
  return putNotes(database, "u", [{ ...note!, body: other!.body, updatedAt: LATER }]);
}

/** What is kept, if it is whole. */
async function keptState() {
  const [header] = await database.query<{ slots: number; checksum: string }>(
    `select slots, checksum::text from noctuary.kept_neighbours where version = ${KEPT_VERSION} and model = '${LEXICAL_MODEL}'`,
  );
  const rows = await database.query<{ part: string; chunk: number; checksum: string; bytes: Buffer }>(
    "select part, chunk, checksum::text, bytes from noctuary.kept_neighbours_chunk",
  );
  const chunks = rows.map((row) => ({ ...row, checksum: Number(row.checksum) }));
  return header && decodeState({ ...header, checksum: Number(header.checksum) }, 64, chunks);
}

/** Some notes are new, some have another text, some are gone: few enough to patch. */
async function changeSome(): Promise<void> {
  const notes = themedNotes(160);
  await putNotes(database, "u", [
    ...notes.slice(150),
    ...notes.slice(5, 10).map((note, i) => ({ ...note, body: notes[40 + i]!.body, updatedAt: LATER })),
  ]);
  await deleteNotes(
    database,
    "u",
    notes.slice(20, 24).map(({ id }) => id),
  );
}

test("a night keeps what the next one can go on from", async () => {
  expect(await kept()).toEqual([
    { part: "directions", chunks: 1 },
    { part: "lists", chunks: 1 },
    { part: "notes", chunks: 1 },
    { part: "rows", chunks: 3 },
  ]);
});

test("a night that patches ends as one that finds all again", async () => {
  await changeSome();
  await night.run();
  const patched = { groups: await groups(), checksum: await checksum() };
  await night.close();

  await afterFirstNight();
  await database.query("delete from noctuary.kept_neighbours");
  night = await openNight(database, { wrap });
  await changeSome();
  await night.run();
  expect(await groups()).toEqual(patched.groups);
  // Found in another order, so kept in other slots.
  expect(await checksum()).not.toBe(patched.checksum);
});

test.each([
  [
    "a damaged chunk",
    "update noctuary.kept_neighbours_chunk set bytes = set_byte(bytes, 100, 255 - get_byte(bytes, 100)) where part = 'rows' and chunk = 1",
  ],
  ["a missing chunk", "delete from noctuary.kept_neighbours_chunk where part = 'lists'"],
  ["damaged notes", "update noctuary.kept_neighbours_chunk set bytes = '\\x00' where part = 'notes'"],
  ["another version", "update noctuary.kept_neighbours set version = version + 1"],
  ["another model", "update noctuary.kept_neighbours set model = 'another'"],
  ["another checksum", "update noctuary.kept_neighbours set checksum = checksum + 1"],
])("%s is no error: the night finds all again and keeps it", async (_, damage) => {
  await database.query(damage);
  await changeOne();
  await night.run();
  expect(await groups()).toEqual(undamaged);
  expect((await keptState())?.slotOf.size).toBe(150);
});

test("an account that has become small keeps nothing", async () => {
  await putNotes(
    database,
    "u",
    themedNotes(150)
      .slice(15)
      .map((note) => ({ ...note, aiExcluded: true, updatedAt: LATER })),
  );
  await night.run();
  expect(await kept()).toEqual([]);
  expect(await checksum()).toBeUndefined();
});
