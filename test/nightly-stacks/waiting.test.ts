import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { makeWaitingDue, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

/** Half past two on the night of Monday 2 November 2026 in New York; the clusters' run starts at two. */
const CLUSTERS_START = "2026-11-02T07:00:00Z";
const STACKS_START = "2026-11-02T07:30:00Z";
const database = emptiedDatabase();
let night: Night;

beforeEach(async () => {
  await putNotes(database, "u", themedNotes(9));
  night = await openNight(database, { environment: { NOCTUARY_RESEND_AFTER_MS: "900000" } });
});
afterEach(() => night.close());

const startClusters = () => night.start({ trigger: "schedule", scheduledTime: CLUSTERS_START });
const startStacks = () => night.start({ trigger: "schedule", scheduledTime: STACKS_START }, "nightly-stacks");
const deliverAll = async (queue: Parameters<Night["receive"]>[0]) =>
  night.deliver(queue, await night.receive(queue));
const stacksTask = async () =>
  (
    await database.query(
      `select status, attempts, waits_for, not_before > clock_timestamp() as waits,
         extract(epoch from not_before - created_at)::float8 as seconds, result
       from noctuary.task where step = 'stacks'`,
    )
  )[0]!;
/** What was waited for is long past, by the database's clock. */
const passDeadline = async () => {
  await database.query(
    "update noctuary.task set created_at = created_at - interval '2 hours' where step = 'stacks'",
  );
  await makeWaitingDue(database);
};

test("a user's stacks wait for that user's clusters of the same night, and the clusters' own transaction wakes them", async () => {
  const { runId: clusters } = await startClusters();
  const { runId } = await startStacks();
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({
    status: "pending",
    attempts: 0,
    waits: true,
    waits_for: "nightly-cluster 2026-11-02",
  });
  expect((await stacksTask()).seconds).toBeCloseTo(7_200, 0);
  expect(await night.receive("stacks"), "nothing to deliver while it waits").toEqual([]);

  await deliverAll("embed");
  await deliverAll("cluster");
  expect(await stacksTask()).toMatchObject({ status: "pending", waits: null, waits_for: null });
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "done", attempts: 1, result: { earlierClusters: 0 } });
  expect((await night.finish(runId)).status).toBe("done");
  expect((await night.finish(clusters)).status).toBe("done");
});

test("a user with nothing to cluster tonight is waited for until the plan has seen it", async () => {
  const { runId: before } = await night.start({ trigger: "schedule", scheduledTime: "2026-11-01T07:00:00Z" });
  await night.finish(before);
  await startStacks();
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "pending", attempts: 0, waits: true });
  await startClusters();
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "done", result: { earlierClusters: 0 } });
});

test("the reconciler ends a wait at its deadline, also when the clusters' run never began, and the run says so", async () => {
  const { runId } = await startStacks();
  await deliverAll("stacks");
  await night.reconcile();
  expect(await night.receive("stacks"), "not before its deadline").toEqual([]);
  await passDeadline();
  await database.query("update noctuary.task set sent_at = null");
  await night.reconcile();
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "done", attempts: 1 });
  const run = await night.finish(runId);
  expect(run).toMatchObject({ status: "done", totals: { users: 1, earlierClusters: 1 } });
});

test("a message that comes before the deadline changes nothing", async () => {
  await startStacks();
  await deliverAll("stacks");
  await makeWaitingDue(database);
  await database.query("update noctuary.task set sent_at = null");
  await night.reconcile();
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "pending", attempts: 0, waits: true });
});

test("clusters that fail for good are not waited for any longer", async () => {
  await startClusters();
  await startStacks();
  await deliverAll("stacks");
  await deliverAll("embed");
  await database.query("update noctuary.task set attempts = 3 where step = 'cluster'");
  await deliverAll("cluster");
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "done", result: { earlierClusters: 1 } });
});

test("who runs the stacks by hand does not wait for a night that has not begun", async () => {
  const run = await night.run({}, STACKS_START, "nightly-stacks");
  expect(run).toMatchObject({ status: "done", totals: { earlierClusters: 1 } });
});

test("a dry run waits for nothing", async () => {
  await startClusters();
  const { runId } = await night.start(
    { trigger: "manual", asOf: STACKS_START, options: { dryRun: true } },
    "nightly-stacks",
  );
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "done" });
  await night.finish(runId);
});

test("clusters that were run for somebody else are not waited for", async () => {
  await putNotes(database, "v", themedNotes(9));
  await night.start({ trigger: "manual", asOf: CLUSTERS_START, options: { userIds: ["v"] } });
  const { runId } = await night.start(
    { trigger: "manual", asOf: STACKS_START, options: { userIds: ["u"] } },
    "nightly-stacks",
  );
  await deliverAll("stacks");
  expect(await stacksTask()).toMatchObject({ status: "done" });
  expect((await night.finish(runId)).totals.users).toBe(1);
});
