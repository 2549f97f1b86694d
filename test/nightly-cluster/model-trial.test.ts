import { LEXICAL_MODEL } from "@noctuary/core/embedding/lexical";
import { asLedger } from "@noctuary/db/access";
import type { RunOptions } from "@noctuary/db/ledger/ledger.sql";
import { beginTrial, endTrial } from "@noctuary/db/notes/embedding-trial";
import { beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const OLD = { model: LEXICAL_MODEL, dimensions: 256 };
const NEW = { model: LEXICAL_MODEL, dimensions: 320 };

const database = emptiedDatabase();
beforeEach(async () => {
  await putNotes(database, "u", themedNotes(30));
  expect(await nightWith(OLD, "02")).toMatchObject({ status: "done", totals: { embedded: 30 } });
  await asLedger(database.db, (tx) => beginTrial(tx, { candidate: NEW, against: OLD }));
});

async function nightWith({ dimensions }: { dimensions: number }, day: string, options: RunOptions = {}) {
  const night = await openNight(database, { environment: { NOCTUARY_DIMENSIONS: String(dimensions) } });
  try {
    return await night.run(options, `2026-11-${day}T08:00:00Z`);
  } finally {
    await night.close();
  }
}

const vectors = async () =>
  (
    await database.query<{ dimensions: number; n: number }>(
      "select dimensions, count(*)::int as n from noctuary.note_embedding group by 1 order by 1",
    )
  ).map(({ dimensions, n }) => [dimensions, n]);
const ids = async () =>
  (
    await database.query<{ id: string }>(
      "select id from noctuary.cluster where retired_at is null order by id",
    )
  ).map(({ id }) => id);
/** All that anybody sees of clusters, and what the nights know of the user. */
const seen = async () => ({
  clusters: await database.query(
    "select id, name, size, keyphrases, centroid::text from noctuary.cluster order by id",
  ),
  members: await database.query("select * from noctuary.cluster_membership order by note_id"),
  events: await database.query("select * from noctuary.cluster_event order by id"),
  state: await database.query(
    "select clustered_model, changed_since_regrouping, regrouped_quality, hashed_on, edits_pending from noctuary.user_state",
  ),
  kept: await database.query("select user_id, model, dimensions, checksum from noctuary.kept_neighbours"),
});

test("a trial embeds beside the model in use, tells how it agrees, and changes nothing that anybody sees", async () => {
  const before = await seen();
  const run = await nightWith(NEW, "03", { trial: true });
  expect(run).toMatchObject({ status: "done", totals: { embedded: 30, clustered: 30 } });
  expect(await seen()).toEqual(before);
  expect(await vectors()).toEqual([
    [256, 30],
    [320, 30],
  ]);
  const [night] = await database.query<{
    against: string;
    ari: number;
    notes: number;
    counts: Record<string, number>;
  }>("select against, ari, notes, counts from noctuary.compared_night");
  expect(night).toMatchObject({ against: `${LEXICAL_MODEL}/320`, notes: 30, counts: { theirClusters: 3 } });
  expect(night!.ari).toBeGreaterThan(0.8);
});

test("nights with the model in use leave the tried one's vectors, and a second trial embeds only what is new", async () => {
  await nightWith(NEW, "03", { trial: true });
  await putNotes(database, "u", themedNotes(31));
  await nightWith(OLD, "04");
  expect(await vectors()).toEqual([
    [256, 31],
    [320, 30],
  ]);
  expect(await nightWith(NEW, "05", { trial: true })).toMatchObject({ totals: { embedded: 1 } });
});

test("switched over and back, no note is embedded again and clusters keep their ids", async () => {
  await nightWith(NEW, "03", { trial: true });
  const before = await ids();
  expect(await nightWith(NEW, "04")).toMatchObject({ status: "done", totals: { new: 0, changed: 0 } });
  const switched = await ids();
  expect(before.filter((id) => switched.includes(id)).length).toBeGreaterThanOrEqual(before.length - 1);
  expect(await database.query("select clustered_model from noctuary.user_state")).toEqual([
    { clustered_model: `${LEXICAL_MODEL}/320` },
  ]);
  expect(await vectors()).toEqual([
    [256, 30],
    [320, 30],
  ]);
  expect(await nightWith(OLD, "05")).toMatchObject({ status: "done", totals: { new: 0, changed: 0 } });
  const back = await ids();
  expect(before.filter((id) => back.includes(id)).length).toBeGreaterThanOrEqual(before.length - 1);
});

test("once the trial is over, the night clears the other model's vectors away", async () => {
  await nightWith(NEW, "03", { trial: true });
  await nightWith(NEW, "04");
  await asLedger(database.db, (tx) => endTrial(tx));
  await putNotes(database, "u", themedNotes(31));
  await nightWith(NEW, "05");
  expect(await vectors()).toEqual([[320, 31]]);
});
