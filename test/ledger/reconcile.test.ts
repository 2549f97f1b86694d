import type { Queue } from "@noctuary/core/runtime/queue";
import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, type NightOptions, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";

const MONDAY = "2026-11-02T07:00:00Z";
const database = emptiedDatabase();
let night: Night;

beforeEach(() => putNotes(database, "u", themedNotes(9)));
afterEach(() => night.close());

const start = () => night.start({ trigger: "manual", asOf: MONDAY, options: {} });
const queue =
  (send: (real: Queue) => Queue["send"]): NonNullable<NightOptions["wrap"]> =>
  (context) => ({ ...context, queue: { send: send(context.queue) } });
const unsent = async () =>
  (await database.query("select task_id from noctuary.outbox order by id")).map((row) => row.task_id);
const embeds = async () => (await night.receive("embed")).map(({ Body }) => JSON.parse(Body!).taskId).sort();

test("what could not be sent while the queue was down fails nobody, and is sent when it is back", async () => {
  let isDown = true;
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "3" },
    wrap: queue((real) => async (messages) => {
      if (isDown) throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      return real.send(messages);
    }),
  });
  const { runId } = await start();
  expect(await unsent()).toHaveLength(1 + 3);
  isDown = false;
  expect((await night.finish(runId)).status).toBe("done");
  expect(await unsent()).toEqual([]);
});

test("messages that the queue refuses stay unsent, those that it took are gone from the outbox", async () => {
  let refuses = true;
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "3", NOCTUARY_RESEND_AFTER_MS: "900000" },
    wrap: queue((real) => async (messages) => {
      if (!refuses) return real.send(messages);
      await real.send(messages.slice(0, 2));
      return messages.map((_, i) => i < 2);
    }),
  });
  await start();
  const sent = await embeds();
  const left = await unsent();
  expect(left).toHaveLength(2);
  refuses = false;
  await database.query("update noctuary.outbox set claimed_until = null");
  await night.reconcile();
  expect(await unsent()).toEqual([]);
  expect((await embeds()).filter((id) => !sent.includes(id))).toEqual(left.toSorted());
});

test("a sender that died keeps its messages from others for a while only", async () => {
  night = await openNight(database, { wrap: queue(() => () => Promise.reject(new Error("killed"))) });
  await start();
  await night.close();
  night = await openNight(database, { environment: { NOCTUARY_RESEND_AFTER_MS: "900000" } });
  await database.query(
    "update noctuary.outbox set claimed_until = clock_timestamp() + interval '30 seconds'",
  );
  await database.query("update noctuary.task set sent_at = clock_timestamp()");
  await night.reconcile();
  expect(await embeds()).toEqual([]);
  await database.query("update noctuary.outbox set claimed_until = clock_timestamp() - interval '1 second'");
  await night.reconcile();
  expect(await embeds()).toHaveLength(1);
});

test("a message that was sent lately is left to its queue; one that was sent long ago is sent again", async () => {
  night = await openNight(database, { environment: { NOCTUARY_RESEND_AFTER_MS: "900000" } });
  await start();
  expect(await embeds()).toHaveLength(1);
  await night.reconcile();
  expect(await embeds()).toEqual([]);
  await database.query("update noctuary.task set sent_at = sent_at - interval '16 minutes'");
  await night.reconcile();
  expect(await embeds()).toHaveLength(1);
});

test("a task that waits is not announced before it is due", async () => {
  night = await openNight(database);
  await start();
  await night.receive("embed");
  await database.query(
    "update noctuary.task set not_before = clock_timestamp() + interval '1 hour' where step = 'embed'",
  );
  await night.reconcile();
  expect(await embeds()).toEqual([]);
  await database.query(
    "update noctuary.task set not_before = clock_timestamp() - interval '1 second' where step = 'embed'",
  );
  await night.reconcile();
  expect(await embeds()).toHaveLength(1);
});

test("more due tasks than one page are all announced", async () => {
  await putNotes(database, "u", themedNotes(450));
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "1", NOCTUARY_RESEND_AFTER_MS: "900000" },
  });
  await start();
  expect(await embeds()).toHaveLength(450);
  await database.query("update noctuary.task set sent_at = sent_at - interval '16 minutes'");
  await night.reconcile();
  expect(await embeds()).toHaveLength(450);
});

test("a run whose last worker died before it closed it is closed", async () => {
  night = await openNight(database);
  const { runId } = await start();
  const { status, totals } = await night.finish(runId);
  await database.query("update noctuary.run set status = 'running', totals = '{}', finished_at = null");
  await night.reconcile();
  expect(await database.query("select status, totals from noctuary.run")).toEqual([{ status, totals }]);
});

test("a user with deletions only still gets a clustering; one with nothing to do gets none", async () => {
  await putNotes(database, "resting", themedNotes(9));
  night = await openNight(database);
  await night.run({}, MONDAY);
  await deleteNotes(database, "u", ["note-00000"]);
  const run = await night.run({}, "2026-11-03T07:00:00Z");
  expect(run).toMatchObject({ status: "done", totals: { vanished: 1, purged: 1 } });
  const tasks = await database.query(
    "select step, user_id from noctuary.task where run_id = $1 order by step",
    [run.id],
  );
  expect(tasks).toEqual([
    { step: "cluster", user_id: "u" },
    { step: "plan", user_id: null },
  ]);
});
