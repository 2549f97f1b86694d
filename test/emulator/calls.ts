import assert from "node:assert/strict";
import pg from "pg";
import type { DeployedStage } from "./deployed-stage.ts";
import { ended, runs } from "./ledger.ts";
import { eventually } from "./steps.ts";

const PATH = "/api/cron/nightly-cluster";

export async function curlCommands(stage: DeployedStage, database: pg.Client): Promise<void> {
  const started = await stage.curl("-X", "POST", stage.url(PATH));
  assert.equal(started.status, 202);
  const { runId, statusUrl } = started.body as { runId: string; statusUrl: string };
  await ended(database, runId);
  const told = await stage.curl(stage.url(statusUrl));
  assert.equal(told.status, 200);
  assert.deepEqual([told.body.id, told.body.status, told.body.trigger], [runId, "done", "manual"]);
  const dry = await stage.curl(
    "-X",
    "POST",
    "-H",
    "content-type: application/json",
    "-d",
    '{"dryRun": true}',
    stage.url(PATH),
  );
  assert.equal(dry.status, 202);
  assert.equal((await ended(database, dry.body.runId as string)).options.dryRun, true);
}

/** Three callers who do not know of each other, while the first one's run is held up. */
export async function callsAtOnce(
  stage: DeployedStage,
  database: pg.Client,
  databaseUrl: string,
): Promise<void> {
  const before = (await runs(database)).length;
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query("begin");
  await holder.query("lock table noctuary.user_state in access exclusive mode");
  const answers = await Promise.all([1, 2, 3].map(() => stage.call("POST", PATH)));
  await holder.end();
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]));
  const ids = new Set(answers.map(({ body }) => body.runId as string));
  assert.equal(ids.size, 1);
  assert.equal(answers.filter(({ body }) => body.joined === false).length, 1);
  assert.equal((await runs(database)).length, before + 1);
  await ended(database, [...ids][0]!);
}

export async function tooManyCalls(stage: DeployedStage): Promise<void> {
  const path = "/api/cron/runs/none";
  const answers = await Promise.all(Array.from({ length: 60 }, () => stage.call("GET", path)));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0, `answers: ${[...new Set(answers.map(({ status }) => status))]}`);
  assert.equal((refused[0]!.body.error as { code: string }).code, "too_many_requests");
  await eventually("a call is let in again", async () =>
    (await stage.call("GET", path)).status === 404 ? true : undefined,
  );
}
