import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { permanentProblem } from "@noctuary/core/provider/provider-errors";
import { cancelRun } from "@noctuary/core/runtime/cancel-run";
import { redriveRun } from "@noctuary/core/runtime/redrive-run";
import { asLedger } from "@noctuary/db/access";
import { markCancelled } from "@noctuary/db/ledger/cancel";
import { afterEach, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { countingEmbedder, failingEmbedder, waitingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";

const AS_OF = "2026-11-02T07:00:00Z";
const environment = { NOCTUARY_EMBED_BATCH_NOTES: "6" };

const database = databaseOfFile();
let begin: () => Promise<void>;
let undisturbed: Awaited<ReturnType<typeof outcomeOf>>;
let night: Night;

beforeAll(async () => {
  await putNotes(database, "ann", themedNotes(14));
  await putNotes(database, "bob", themedNotes(9, { themes: 2 }));
  begin = await database.keep();
  night = await openNight(database, { environment });
  expect((await night.run({}, AS_OF)).status).toBe("done");
  undisturbed = await outcomeOf(database);
  await night.close();
});
afterEach(() => night.close());

/** Without the ledger's own rows: there may be more runs than in the undisturbed night. */
function ofUsers(outcome: typeof undisturbed = undisturbed) {
  const { tasks: _, counted: __, ...owned } = outcome;
  return owned;
}
const nowOfUsers = async () => ofUsers(await outcomeOf(database));

const tasks = () =>
  database.query<{ id: string; step: string; user_id: string | null; status: string; fence: string }>(
    "select id, step, user_id, status, fence from noctuary.task order by id",
  );
const inStatus = async (status: string) => (await tasks()).filter((task) => task.status === status);
const redrive = (runId: string, code?: string) => redriveRun(night.context, nightlyCluster, runId, { code });
const cancel = (runId: string) => cancelRun(night.context, nightlyCluster, runId);

/** A night whose embedder fails as it is told, until it is told otherwise. */
async function nightThatFails(when: (inputs: readonly string[]) => boolean, paid: string[] = []) {
  await begin();
  const trouble = { isOn: true };
  night = await openNight(database, {
    environment,
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(
        countingEmbedder(context.embedder, paid),
        (inputs) => trouble.isOn && when(inputs),
        () => permanentProblem("provider_key_refused"),
      ),
    }),
  });
  return trouble;
}

test("what a refused key left undone is done after a redrive, to the same end, and nothing finished is done again", async () => {
  const trouble = await nightThatFails(() => true);
  const failed = await night.run({}, AS_OF);
  expect(failed).toMatchObject({ error: { code: "provider_key_refused" } });
  const done = await inStatus("done");

  trouble.isOn = false;
  expect(await redrive(failed.id, "no_such_code")).toMatchObject({
    tasks: [],
    run: { status: failed.status },
  });
  const redriven = await redrive(failed.id, "provider_key_refused");
  expect(redriven).toMatchObject({ run: { status: "running", error: null }, tasks: [{ step: "embed" }] });
  expect(await night.finish(failed.id)).toMatchObject({ status: "done", error: null });
  expect(await inStatus("failed")).toEqual([]);
  expect((await tasks()).filter(({ id }) => done.some((task) => task.id === id))).toEqual(done);
  // Users whose empty night was ended with clusters of nothing are grouped by the next night.
  const next = await night.run({}, "2026-11-03T07:00:00Z");
  expect(next).toMatchObject({ status: "done" });
  const { embeddings, memberships } = await outcomeOf(database);
  expect(embeddings).toEqual(undisturbed.embeddings);
  expect(memberships).toEqual(undisturbed.memberships);
});

test("a run that was cancelled before its embeds saves nothing more, and a redrive takes it up to the same end", async () => {
  const paid: string[] = [];
  await nightThatFails(() => false, paid);
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  const messages = await night.receive("embed");
  const cancelled = await cancel(runId);
  expect(cancelled).toMatchObject({ run: { status: "cancelled" } });
  expect(await night.deliver("embed", messages)).toEqual([]);
  expect(paid).toEqual([]);
  expect(await database.query("select 1 from noctuary.run_user where status = 'open'")).toEqual([]);
  expect(await cancel(runId), "it has ended").toBeNull();
  const again = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  expect(again.runId, "a new call does not join what was called off").not.toBe(runId);
  await cancel(again.runId);

  expect(await redrive(runId)).toMatchObject({ run: { status: "running", cancelledAt: null } });
  expect(await night.finish(runId)).toMatchObject({ status: "done" });
  expect(await nowOfUsers()).toEqual(ofUsers());
});

test("the night after a cancelled one comes to the same clusters and pays for nothing twice", async () => {
  const paid: string[] = [];
  await nightThatFails(() => false, paid);
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  for (const message of await night.receive("embed")) await night.deliver("embed", [message]);
  const asked = paid.length;
  expect(asked).toBeGreaterThan(0);
  expect(await cancel(runId)).toMatchObject({ run: { status: "cancelled" } });
  expect((await night.run({}, AS_OF)).status).toBe("done");
  expect(paid).toHaveLength(asked);
  expect(await nowOfUsers()).toEqual(ofUsers());
});

test("a worker whose run is cancelled under its hands saves nothing", async () => {
  await begin();
  let slow!: ReturnType<typeof waitingEmbedder>;
  night = await openNight(database, {
    environment,
    wrap: (context) => {
      slow = waitingEmbedder(context.embedder);
      return { ...context, embedder: slow.embedder };
    },
  });
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  const [first] = await night.receive("embed");
  const late = night.deliver("embed", [first!]);
  await slow.asked;
  expect(await cancel(runId)).toMatchObject({ run: { status: "cancelled" } });
  slow.answer();
  expect(await late).toEqual([]);
  expect(
    await database.query("select 1 from noctuary.note_embedding where content_hash is not null"),
  ).toEqual([]);
  expect(night.log()).toContain("lease lost, nothing saved");
});

test("a cancel that was killed after its mark is brought to its end by the workers", async () => {
  await nightThatFails(() => false);
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  await asLedger(database.db, (tx) => markCancelled(tx, runId));
  expect(await night.finish(runId)).toMatchObject({ status: "cancelled" });
  expect(await inStatus("pending")).toEqual([]);
  expect(await database.query("select 1 from noctuary.run_user where status = 'open'")).toEqual([]);
  expect(
    await database.query("select 1 from noctuary.note_embedding where content_hash is not null"),
  ).toEqual([]);
});

test("a redrive in the middle of a run takes up what has failed so far and leaves the rest alone", async () => {
  let calls = 0;
  const trouble = await nightThatFails(() => ++calls === 1);
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  const [first, ...others] = await night.receive("embed");
  await night.deliver("embed", [first!]);
  expect(await inStatus("failed")).toHaveLength(1);
  trouble.isOn = false;
  expect(await redrive(runId)).toMatchObject({ tasks: [{ step: "embed", tasks: 1 }], run: { error: null } });
  await night.deliver("embed", others);
  expect(await night.finish(runId)).toMatchObject({ status: "done" });
  expect(await outcomeOf(database)).toEqual(undisturbed);
});

test("clustering that was about to begin without what failed begins anew once that is in", async () => {
  let calls = 0;
  const trouble = await nightThatFails(() => ++calls === 1);
  const { runId } = await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  for (const message of await night.receive("embed")) await night.deliver("embed", [message]);
  expect((await inStatus("pending")).map(({ step }) => step)).toEqual(["cluster", "cluster"]);
  trouble.isOn = false;
  expect((await redrive(runId))!.tasks.map(({ step }) => step)).toEqual(["embed"]);
  expect(await night.finish(runId)).toMatchObject({ status: "done" });
  expect(await outcomeOf(database)).toEqual(undisturbed);
});
