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
import { callsAtOnce, curlCommands, tooManyCalls } from "./calls.ts";
import { commandLine } from "./command-line.ts";
import { deadWorker } from "./dead-worker.ts";
import { deployedStage } from "./deployed-stage.ts";
import { type Emulator, installEmulator, ROOT, startEmulator, Unavailable } from "./emulator.ts";
import { ended, runs } from "./ledger.ts";
import { notShown } from "./not-shown.ts";
import { refusedDeploy, withoutPgvector } from "./refused-deploys.ts";
import { rotation } from "./rotation.ts";
import { Steps } from "./steps.ts";
import { stripTemplates } from "./strip-templates.ts";
import { takenOut } from "./taken-out.ts";
import { gatewayAnswers, oddCalls, wrongCalls } from "./wrong-calls.ts";

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
const noctuary = commandLine(stageUrl);

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
for (const what of notShown) console.log(`  not shown: ${what}`);
console.log(`emulator: ${steps.passed} passed, ${steps.failed} failed`);
process.exitCode = steps.failed === 0 ? 0 : 1;

async function drive(aws: Emulator): Promise<void> {
  Object.assign(process.env, aws.environment);
  const stage = deployedStage(aws, STAGE);
  const database = new pg.Client({ connectionString: stageUrl });
  try {
    await steps.required(
      "a stage or region that cannot be called so is refused before anything is made",
      async () => {
        await assert.rejects(
          sst(aws, "deploy", "--stage", "My Stage"),
          /a stage cannot be called "My Stage": use up to 20/,
        );
        await assert.rejects(
          sst(aws, "deploy", "--region", "the-moon"),
          /"the-moon" is not a region: set AWS_REGION/,
        );
        assert.deepEqual(await stage.stackNames(), []);
      },
    );
    await stage.putSecret("database-url", stageUrl);
    await steps.required("synth", () => build(aws));
    await steps.required("which has bootstrapped account and region, as they had not been", async () =>
      assert.deepEqual((await stage.stackNames()).sort(), ["CDKToolkit", "SSTBootstrap"]),
    );
    await steps.required("what had to be taken out is what is expected", () =>
      assert.deepEqual(stripTemplates(DIST), takenOut),
    );
    await steps.required("deploy", () => sst(aws, "deploy", "--from", DIST));
    await database.connect();
    await steps.required("the deploy has migrated the database", async () => {
      const { rows } = await database.query("select count(*)::int as n from noctuary.migration");
      assert.ok(rows[0].n > 10, `${rows[0].n} migrations`);
    });
    await steps.required("notes are synced", () => noctuary(["sync", NOTEBOOK]));
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
    await steps.step("the same call three times at once starts one run", () =>
      callsAtOnce(stage, database, stageUrl),
    );
    await steps.step(
      "a wrong call or header has an answer in the one shape of an error, and starts nothing",
      () => wrongCalls(stage, database),
    );
    await steps.step("an odd call that is right is let in", () => oddCalls(stage, database));
    await steps.step("what the gateway would answer by itself has the same shape", () =>
      gatewayAnswers(stage),
    );
    await steps.step("too many calls at once are told to wait", () => tooManyCalls(stage));
    await steps.step("the secret is rotated, the one before is let in until it is revoked", () =>
      rotation(stage, STAGE),
    );
    await steps.step(
      "a worker that dies on a message leaves it in the DLQ, and a redrive brings it home",
      () => deadWorker(stage, database, stageUrl, noctuary),
    );
    await steps.required("synth of an update", () => build(aws));
    stripTemplates(DIST);
    const deploy = () => sst(aws, "deploy", "--from", DIST);
    await steps.step("a database that is away fails the deploy, with a sentence", () =>
      refusedDeploy(aws, stage, deploy, {
        databaseUrl: "postgres://nobody@127.0.0.1:1/none",
        sentence: /the database could not be migrated \(\w+ ECONNREFUSED\): is the URL in the secret right/,
      }),
    );
    await steps.step("so does a database without pgvector", () =>
      withoutPgvector((databaseUrl) =>
        refusedDeploy(aws, stage, deploy, {
          databaseUrl,
          sentence:
            /pgvector is not installed: ask your provider to enable the extension `vector` \(0\.7 or later\)/,
        }),
      ),
    );
    await steps.step("so does a secret that is missing", () =>
      refusedDeploy(aws, stage, deploy, {
        databaseUrl: undefined,
        sentence: new RegExp(
          `there is no secret noctuary/${STAGE}/database-url that may be read .*: create it`,
        ),
      }),
    );
    await stage.putSecret("database-url", stageUrl);
    await steps.step("update", async () => {
      const before = await stage.queueUrl("embed-dlq");
      await stage.send("embed-dlq", "stays");
      await deploy();
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

async function build(aws: Emulator): Promise<void> {
  rmSync(DIST, { recursive: true, force: true });
  await sst(aws, "build");
}

async function sst(aws: Emulator, verb: string, ...args: string[]): Promise<void> {
  try {
    await promisify(execFile)(
      "sst",
      [verb, ...(args.includes("--stage") ? [] : ["--stage", STAGE]), ...args],
      {
        cwd: ROOT,
        env: aws.environment,
        timeout: SST_TIMEOUT_MS,
        maxBuffer: 64 * 1024 * 1024,
      },
    );
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    const lines = [stdout, stderr].join("\n").trim().split("\n");
    const errors = lines.filter((line) => line.startsWith("Error: "));
    throw new Error(`sst ${verb}: ${[...errors, ...lines.slice(-12)].join("\n")}`);
  }
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
