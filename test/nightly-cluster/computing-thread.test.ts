import { Session } from "node:inspector/promises";
import { findAreas } from "@noctuary/core/clustering/areas";
import { clusterAccount } from "@noctuary/core/clustering/cluster-account";
import { findNeighbours } from "@noctuary/core/clustering/find-neighbours";
import { fuzzyGraph } from "@noctuary/core/clustering/fuzzy-graph";
import { leiden } from "@noctuary/core/clustering/leiden";
import { partitionByNeighbours } from "@noctuary/core/clustering/partition";
import { applyEdits } from "@noctuary/core/identity/apply-edits";
import { clusterChanges } from "@noctuary/core/identity/cluster-changes";
import { matchClusters } from "@noctuary/core/identity/match-clusters";
import { keyphrasesOf } from "@noctuary/core/naming/keyphrases";
import { nameAreas } from "@noctuary/core/naming/name-areas";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import { decideClusters } from "@noctuary/core/nightly-cluster/decide-clusters";
import { keepEdits } from "@noctuary/core/nightly-cluster/keep-edits";
import { nameTonight } from "@noctuary/core/nightly-cluster/name-tonight";
import { tellNight } from "@noctuary/core/nightly-cluster/tell-night";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = databaseOfFile();
let night: Night;
const thisThread = new Session();

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(60));
  night = await openNight(database);
  thisThread.connect();
  await thisThread.post("Profiler.enable");
});
afterAll(async () => {
  thisThread.disconnect();
  await night.close();
});

/** How often each function of our own was called on this thread, and on no other, meanwhile. */
async function callsMeanwhile(work: () => Promise<unknown>): Promise<Map<string, number>> {
  await thisThread.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  await work();
  const { result } = await thisThread.post("Profiler.takePreciseCoverage");
  await thisThread.post("Profiler.stopPreciseCoverage");
  const calls = new Map<string, number>();
  for (const { url, functions } of result) {
    if (!url.includes("/packages/core/src/")) continue;
    for (const { functionName, ranges } of functions) {
      calls.set(functionName, (calls.get(functionName) ?? 0) + ranges[0]!.count);
    }
  }
  return calls;
}

/** What groups, decides and names, and what that stands on. */
const computing = [
  ...[clusterAccount, findNeighbours, partitionByNeighbours, fuzzyGraph, leiden, findAreas],
  ...[decideClusters, matchClusters, clusterChanges, keepEdits, applyEdits, tellNight],
  ...[nameTonight, nameClusters, nameAreas, keyphrasesOf],
].map(({ name }) => name);
const computedHere = (calls: Map<string, number>) => computing.filter((name) => (calls.get(name) ?? 0) > 0);

test("a night groups, decides and names on the computing thread only", async () => {
  const calls = await callsMeanwhile(() => night.run());
  const [{ topics }] = (await database.query<{ topics: number }>(
    "select count(*)::int as topics from noctuary.cluster where level = 'topic' and name <> ''",
  )) as [{ topics: number }];
  expect(topics).toBeGreaterThan(1);
  // What loads and asks is called here: the counting works.
  expect(calls.get("giveNames")).toBeGreaterThan(0);
  expect(calls.get("groupNotes")).toBeGreaterThan(0);
  expect(computedHere(calls)).toEqual([]);
});

test("what computes would be seen here, if it were called here", async () => {
  const calls = await callsMeanwhile(async () => nameClusters([]));
  expect(computedHere(calls)).toEqual(["nameClusters", "keyphrasesOf"]);
});

test("so does a night that keeps edits", async () => {
  const [note] = await database.query<{ note_id: string; cluster_id: string }>(
    "select note_id, cluster_id from noctuary.cluster_membership order by note_id limit 1",
  );
  await database.query(
    `insert into noctuary.cluster_edit (user_id, kind, cluster_id, note_ids)
     values ('u', 'not-here', '${note!.cluster_id}', array['${note!.note_id}'])`,
  );
  const calls = await callsMeanwhile(() => night.run());
  const [{ edits }] = (await database.query<{ edits: number }>(
    "select count(*)::int as edits from noctuary.cluster_event where cause = 'edit'",
  )) as [{ edits: number }];
  expect(edits).toBeGreaterThan(0);
  expect(calls.get("groupNotes")).toBeGreaterThan(0);
  expect(computedHere(calls)).toEqual([]);
});
