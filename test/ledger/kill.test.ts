import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { afterEach, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { expireLeases, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";

const environment = { NOCTUARY_EMBED_BATCH_NOTES: "6" };
const database = databaseOfFile();
let begin: () => Promise<void>;
let night: Night;
let child: ChildProcess | undefined;

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(20));
  begin = await database.keep();
});
afterEach(async () => {
  await kill();
  await night.close();
});

async function kill(): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

test("a worker process that is killed in the middle of a request costs time only", async () => {
  night = await openNight(database, { environment });
  expect((await night.run()).status).toBe("done");
  const undisturbed = await outcomeOf(database);
  await night.close();

  await begin();
  night = await openNight(database, { environment });
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  child = fork(new URL("../support/worker-process.ts", import.meta.url), ["hang"], { execArgv: [] });
  await once(child, "message");
  await kill();
  const [task] = await database.query("select attempts from noctuary.task where status = 'running'");
  expect(task).toEqual({ attempts: 1 });

  await night.reconcile();
  expect(
    await database.query("select 1 from noctuary.task where status = 'running'"),
    "its lease holds until it ends",
  ).toHaveLength(1);
  await expireLeases(database);
  expect((await night.finish(runId)).status).toBe("done");
  expect(await outcomeOf(database)).toEqual(undisturbed);
});
