/**
 * Deploys the stack with the true `sst deploy` to an emulator of AWS on this machine, drives it as its users do, updates
 * and removes it: `npm run test:emulator`. It needs Python 3 and a Postgres with pgvector (NOCTUARY_TEST_DATABASE_URL, or
 * scripts/server-postgres.sh), and no account. Ends with 3 and says why where one of them cannot be had.
 */
import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import pg from "pg";
import { type DeployedStage, deployedStage } from "./deployed-stage.ts";
import { type Emulator, installEmulator, ROOT, startEmulator, Unavailable } from "./emulator.ts";
import { eventually, Steps } from "./steps.ts";
import { stripTemplates } from "./strip-templates.ts";
import { takenOut } from "./taken-out.ts";

const STAGE = "ci";
const DIST = join(ROOT, ".sst/dist");
const NOTEBOOK = join(ROOT, "packages/cli/sample-notebook");
const JOB = "nightly-cluster";
const SST_TIMEOUT_MS = 300_000;
const SCHEDULED_TIME = "2026-11-27T07:00:00Z";

const steps = new Steps();
const databaseUrl = serverUrl();
const databaseName = `noctuary_emulator_${process.pid}`;
const stageUrl = Object.assign(new URL(databaseUrl), { pathname: `/${databaseName}` }).href;

let emulator: Emulator | undefined;
const admin = new pg.Client({ connectionString: databaseUrl });
try {
  installEmulator();
  await admin.connect();
  await admin.query(`create database ${databaseName}`);
  emulator = await startEmulator();
  await drive(emulator);
} catch (error) {
  if (error instanceof Unavailable) skip(error.message);
  steps.failed += 1;
  console.error(error instanceof Error ? error.message : error);
  console.error(
    emulator
      ?.log()
      .split("\n")
      .filter((line) => /ERROR|Unrecognized|Failed/.test(line))
      .slice(-10)
      .join("\n"),
  );
} finally {
  await emulator?.stop();
  await admin.query(`drop database if exists ${databaseName} with (force)`).catch(() => {});
  await admin.end().catch(() => {});
}
const { seconds } = steps;
const time = (name: string) => `${name} ${(seconds[name] ?? Number.NaN).toFixed(1)} s`;
console.log(`${["synth", "deploy", "synth of an update", "update", "remove"].map(time).join(", ")}`);
console.log(`emulator: ${steps.passed} passed, ${steps.failed} failed`);
process.exitCode = steps.failed === 0 ? 0 : 1;

async function drive(aws: Emulator): Promise<void> {
  Object.assign(process.env, aws.environment);
  const stage = deployedStage(aws, STAGE);
  const database = new pg.Client({ connectionString: stageUrl });
  try {
    await stage.putSecret("database-url", stageUrl);
    await steps.required("synth", () => build(aws));
    await steps.required("what had to be taken out is what is expected", () =>
      assert.deepEqual(stripTemplates(DIST), takenOut),
    );
    await steps.required("deploy", () => sst(aws, "deploy", "--from", DIST));
    await database.connect();
    await steps.required("the deploy has migrated the database", async () => {
      const { rows } = await database.query("select count(*)::int as n from noctuary.migration");
      assert.ok(rows[0].n > 10, `${rows[0].n} migrations`);
    });
    await steps.required("notes are synced", () => noctuary("sync", NOTEBOOK));
    await steps.step("a schedule's input that was not filled in starts nothing", async () => {
      const { FunctionError } = await stage.invoke(JOB, await stage.scheduleInput(JOB));
      assert.ok(FunctionError);
      assert.deepEqual(await runs(database), []);
    });
    await steps.step("the schedule's input starts the night, and clusters are in Postgres", async () => {
      const input = (await stage.scheduleInput(JOB)).replace(
        "<aws.scheduler.scheduled-time>",
        SCHEDULED_TIME,
      );
      const { payload } = await stage.invoke(JOB, input);
      const { runId, joined } = JSON.parse(payload);
      assert.equal(joined, false);
      assert.equal((await ended(database, runId)).status, "done");
      const { rows } = await database.query(
        "select count(*)::int as n from noctuary.cluster where level = 'topic' and retired_at is null",
      );
      assert.ok(rows[0].n >= 10, `${rows[0].n} topics`);
      const again = await stage.invoke(JOB, input);
      assert.deepEqual(JSON.parse(again.payload), { runId, joined: true });
    });
    await steps.step("handlers run on Node 24", () => {
      assert.match(execFileSync("node", ["--version"], { env: aws.environment, encoding: "utf8" }), /^v24\./);
    });
    await steps.step("the documented curl commands start a run and tell how it ended", () =>
      curlCommands(stage, database),
    );
    await steps.step("a wrong call has an answer in the one shape of an error, the gateway's own too", () =>
      wrongCalls(stage, database),
    );
    await steps.step("too many calls at once are told to wait", () => tooManyCalls(stage));
    await steps.step("the secret is rotated, the one before is let in until it is revoked", () =>
      rotation(stage),
    );
    await steps.step(
      "a worker that dies on a message leaves it in the DLQ, and a redrive brings it home",
      () => deadWorker(stage, database),
    );
    await steps.required("synth of an update", () => build(aws));
    await steps.step("a database that is away fails the deploy, with a sentence", async () => {
      stripTemplates(DIST);
      await stage.putSecret("database-url", "postgres://nobody@127.0.0.1:1/none");
      await assert.rejects(sst(aws, "deploy", "--from", DIST));
      await stage.putSecret("database-url", stageUrl);
      assert.match(
        aws.log(),
        /the database could not be migrated \(\w+ ECONNREFUSED\): is the URL in the secret right/,
      );
      assert.equal((await stage.functionNames()).length > 10, true);
    });
    await steps.step("update", async () => {
      const before = await stage.queueUrl("embed-dlq");
      await stage.send("embed-dlq", "stays");
      await sst(aws, "deploy", "--from", DIST);
      assert.equal(await stage.queueUrl("embed-dlq"), before);
      assert.equal(await stage.messagesIn("embed-dlq"), 1);
      assert.equal(aws.log().match(/"message":"migrated"/g)?.length, 2);
      assert.equal((await stage.call("POST", `/api/cron/${JOB}`, { dryRun: true })).status, 202);
    });
    await steps.step("remove", async () => {
      await sst(aws, "remove");
      assert.deepEqual(await stage.functionNames(), []);
    });
  } finally {
    await database.end().catch(() => {});
    stage.close();
  }
}

async function curlCommands(stage: DeployedStage, database: pg.Client): Promise<void> {
  const started = await stage.curl("-X", "POST", stage.url(`/api/cron/${JOB}`));
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
    stage.url(`/api/cron/${JOB}`),
  );
  assert.equal(dry.status, 202);
  assert.equal((await ended(database, dry.body.runId as string)).options.dryRun, true);
}

async function wrongCalls(stage: DeployedStage, database: pg.Client): Promise<void> {
  const before = (await runs(database)).length;
  const path = `/api/cron/${JOB}`;
  const users = { userIds: Array.from({ length: 10_000 }, (_, i) => `u${i}`) };
  const calls: [number, string, Promise<{ status: number; body: Record<string, unknown> }>][] = [
    [
      401,
      "unauthorized",
      stage.call("POST", path, undefined, { authorization: "Bearer not-the-secret-at-all" }),
    ],
    [401, "unauthorized", stage.call("POST", path, undefined, { authorization: "Bearer " })],
    [404, "not_found", stage.call("POST", "/api/nothing")],
    [404, "not_found", stage.call("POST", "/api/cron/nightly")],
    [405, "method_not_allowed", stage.call("DELETE", path)],
    [400, "bad_request", stage.call("POST", path, users)],
    [415, "unsupported_media_type", stage.call("POST", path, "a", { "content-type": "text/plain" })],
    [413, "body_too_large", stage.call("POST", path, { userIds: ["u".repeat(300_000)] })],
  ];
  for (const [status, code, call] of calls) {
    const answer = await call;
    assert.deepEqual([answer.status, (answer.body.error as { code: string })?.code], [status, code]);
  }
  assert.equal((await runs(database)).length, before);
}

async function tooManyCalls(stage: DeployedStage): Promise<void> {
  const path = "/api/cron/runs/none";
  const answers = await Promise.all(Array.from({ length: 60 }, () => stage.call("GET", path)));
  const refused = answers.filter(({ status }) => status === 429);
  assert.ok(refused.length > 0, `answers: ${[...new Set(answers.map(({ status }) => status))]}`);
  assert.equal((refused[0]!.body.error as { code: string }).code, "too_many_requests");
  await eventually("a call is let in again", async () =>
    (await stage.call("GET", path)).status === 404 ? true : undefined,
  );
}

/** Step by step as Secrets Manager asks: the emulator does not ask by itself. */
async function rotation(stage: DeployedStage): Promise<void> {
  const token = "11111111-2222-4333-8444-555555555555";
  const before = await stage.cronSecret();
  for (const Step of ["createSecret", "setSecret", "testSecret", "finishSecret"]) {
    await stage.invokeOrThrow(
      "rotate-cron-secret",
      JSON.stringify({ Step, SecretId: `noctuary/${STAGE}/cron-secret`, ClientRequestToken: token }),
    );
  }
  const after = await stage.cronSecret();
  assert.notEqual(after, before);
  const statusWith = async (secret: string) =>
    (await stage.call("GET", "/api/cron/runs/none", undefined, { authorization: `Bearer ${secret}` })).status;
  await eventually("the new secret is let in", async () =>
    (await statusWith(after)) === 404 ? true : undefined,
  );
  assert.equal(await statusWith(before), 404);
  const { payload } = await stage.invokeOrThrow("rotate-cron-secret", '{"revoke": true}');
  assert.deepEqual(JSON.parse(payload), { revoked: true });
  await eventually(
    "the revoked secret is refused",
    async () => ((await statusWith(before)) === 401 ? true : undefined),
    15_000,
  );
}

/**
 * A lock that is never given stands for whatever hangs: the function is stopped at its timeout, three times, without a
 * word to the ledger. The lease, five minutes of the database's clock, is ended by hand.
 */
async function deadWorker(stage: DeployedStage, database: pg.Client): Promise<void> {
  const limits = await stage.shorten("cluster", { timeoutSeconds: 4, visibilitySeconds: 5 });
  const blocker = new pg.Client({ connectionString: stageUrl });
  await blocker.connect();
  await blocker.query("begin");
  await blocker.query("lock table noctuary.cluster in access exclusive mode");
  const { body } = await stage.call("POST", `/api/cron/${JOB}`, { full: true });
  const runId = body.runId as string;
  const tries = await eventually(
    "the message is in the DLQ",
    async () => {
      await database.query(
        "update noctuary.task set lease_until = clock_timestamp() where run_id = $1 and step = 'cluster' and status = 'running'",
        [runId],
      );
      if ((await stage.messagesIn("cluster-dlq")) === 0) return undefined;
      const { rows } = await database.query(
        "select attempts from noctuary.task where run_id = $1 and step = 'cluster'",
        [runId],
      );
      return rows[0].attempts as number;
    },
    90_000,
  );
  assert.equal(tries, 3);
  await blocker.end();
  await limits.restore();
  // Nobody is at work on it and no message points to it: the reconciler finds it, and that its tries are used up.
  await eventually("the ledger says what became of it", async () => {
    await database.query(
      "update noctuary.task set lease_until = clock_timestamp(), sent_at = null where run_id = $1 and status = 'running'",
      [runId],
    );
    await stage.invokeOrThrow("reconciler", "{}");
    const { rows } = await database.query(
      "select error ->> 'code' as code from noctuary.task where run_id = $1 and status = 'failed'",
      [runId],
    );
    return rows[0]?.code === "worker_died" ? true : undefined;
  });
  assert.notEqual((await ended(database, runId)).status, "done");
  const { stdout } = await cli(["runs", runId, "redrive", "--json"], await stage.queueUrls());
  assert.deepEqual([JSON.parse(stdout).redriven, JSON.parse(stdout).drained], [1, 1]);
  assert.equal((await ended(database, runId)).status, "done");
  assert.equal(await stage.messagesIn("cluster-dlq"), 0);
}

interface RunRow {
  id: string;
  status: string;
  options: { dryRun?: boolean };
}

async function runs(database: pg.Client): Promise<RunRow[]> {
  return (await database.query<RunRow>("select id, status, options from noctuary.run")).rows;
}

function ended(database: pg.Client, runId: string): Promise<RunRow> {
  return eventually(`run ${runId} has ended`, async () =>
    (await runs(database)).find(({ id, status }) => id === runId && status !== "running"),
  );
}

async function build(aws: Emulator): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  await sst(aws, "build");
}

async function sst(aws: Emulator, verb: string, ...args: string[]): Promise<void> {
  try {
    await promisify(execFile)("sst", [verb, "--stage", STAGE, ...args], {
      cwd: ROOT,
      env: aws.environment,
      timeout: SST_TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    throw new Error(`sst ${verb}: ${[stdout, stderr].join("\n").trim().split("\n").slice(-12).join("\n")}`);
  }
}

function noctuary(...args: string[]): Promise<{ stdout: string }> {
  return cli(args, {});
}

function cli(args: string[], environment: Record<string, string>): Promise<{ stdout: string }> {
  return promisify(execFile)("noctuary", [...args, "--home", join(ROOT, ".emulator/home")], {
    env: { ...process.env, DATABASE_URL: stageUrl, ...environment },
  });
}

function serverUrl(): string {
  const given = process.env.NOCTUARY_TEST_DATABASE_URL ?? "";
  if (given !== "") return given;
  const script = join(ROOT, "scripts/server-postgres.sh");
  try {
    return execFileSync(script, ["start"], { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] }).trim();
  } catch (error) {
    if ((error as { status?: number }).status === 3) skip("no Postgres with pgvector");
    throw error;
  }
}

function skip(why: string): never {
  console.error(`skipped: the deploy to the emulator was not tried: ${why}`);
  process.exit(3);
}
