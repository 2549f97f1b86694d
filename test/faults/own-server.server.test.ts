import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { redriveRun } from "@noctuary/core/runtime/redrive-run";
import { afterEach, expect, test } from "vitest";
import { expireLeases, makeWaitingDue, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";
import { outcomeOf } from "../support/outcome.ts";
import { type OwnServer, startOwnServer } from "../support/own-server.ts";
import { openDatabaseOn, type TestDatabase } from "../support/test-database.ts";
import { figures, times } from "./figures.ts";

const SCHEDULED = { trigger: "schedule", scheduledTime: "2026-11-02T07:00:00Z" } as const;
const RESTARTS = times(4, 40);
const RESTART_EVERY_MS = 5_000;

let server: OwnServer | undefined;
let fleet: ChildProcess | undefined;
let night: Night | undefined;
let provider: OpenAiServer | undefined;
let database: TestDatabase | undefined;
afterEach(async () => {
  fleet?.kill("SIGKILL");
  await night?.close();
  await provider?.close();
  await database?.close();
  server?.drop();
  server = fleet = night = provider = database = undefined;
});

async function openOwn(name: string, options?: { diskMb: number }): Promise<TestDatabase | null> {
  const own = startOwnServer(name, options);
  if ("cannot" in own) {
    console.warn(`NOT RUN: ${own.cannot}`);
    return null;
  }
  server = own;
  database = await openDatabaseOn(own.url);
  // Whoever waits for a server that is away is told so by it, and not by the driver.
  database.db.pool.on("error", () => {});
  return database;
}

/** What the database answers once it is there. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch {
      await delay(20);
    }
  }
}

test(`a night during which the server is restarted every five seconds, ${RESTARTS} times, ends as the undisturbed one`, async ({
  skip,
}) => {
  const own = await openOwn("restarted");
  if (own === null) return skip();
  // Slow enough for the night to see the restarts.
  provider = await startOpenAiServer({ nativeDimensions: 64 });
  night = await openNight(own, {
    environment: {
      NOCTUARY_EMBEDDER: "openai",
      OPENAI_BASE_URL: provider.url,
      NOCTUARY_REQUESTS_IN_FLIGHT: "1",
      NOCTUARY_EMBED_BATCH_NOTES: "5",
      NOCTUARY_PLAN_PAGE_NOTES: "20",
    },
  });
  await putNotes(own, "ann", themedNotes(RESTARTS * 20));
  await putNotes(own, "bob", themedNotes(RESTARTS * 10));
  const begin = await own.keep();
  expect((await night.finish((await night.start(SCHEDULED)).runId)).status).toBe("done");
  const undisturbed = await outcomeOf(own);
  const paidOnce = provider.inputs;

  await begin();
  provider.reset();
  // One call of five notes takes so long that the fleet's four at once need as long as the restarts do.
  provider.options.latencyMs = (RESTARTS * RESTART_EVERY_MS) / ((RESTARTS * 30) / 5 / 2);
  fleet = fork(new URL("../support/fleet-process.ts", import.meta.url), { execArgv: [] });
  await once(fleet, "message");
  fleet.send({ scheduledTime: SCHEDULED.scheduledTime });
  let duringTheNight = 0;
  const isEnded = async () =>
    (await own.query("select 1 from noctuary.run where status <> 'running'")).length > 0;
  for (let restarts = 0; restarts < RESTARTS; restarts++) {
    await delay(RESTART_EVERY_MS);
    if (!(await answered(isEnded))) duringTheNight += 1;
    // In turn as somebody does it who means well, and as the power does it.
    if (restarts % 2 === 0) server!.restart();
    else server!.crash();
    // Whoever was cut off at its work has died as far as the ledger knows.
    await answered(() => expireLeases(own));
  }
  const ended = async () => {
    while (!(await answered(isEnded))) {
      await delay(100);
      await answered(() => makeWaitingDue(own));
    }
  };
  await ended();
  const [run] = await own.query<{ id: string; n: number }>(
    "select min(id) as id, count(*)::int as n from noctuary.run",
  );
  expect(run!.n, "runs").toBe(1);
  // What was cut off three times has failed, and is taken up again, as somebody does who sees it in the morning.
  const redriven = (await redriveRun(night.context, nightlyCluster, run!.id))!.tasks.reduce(
    (sum, { tasks }) => sum + tasks,
    0,
  );
  if (redriven > 0) await ended();
  const outcome = await outcomeOf(own);
  if (redriven > 0) expect(outcome.embeddings).toEqual(undisturbed.embeddings);
  else expect(outcome).toEqual(undisturbed);
  figures("Postgres restarted every five seconds during a night", {
    restarts: RESTARTS,
    "of them before the night had ended": duringTheNight,
    "notes lost": 0,
    "inputs paid twice": provider.inputs - paidOnce,
    "tasks cut off three times, and redriven": redriven,
  });
  expect(duringTheNight).toBeGreaterThan(0);
});

test("a disk that is really full is a clear failure; with room again the night ends as the undisturbed one", async ({
  skip,
}) => {
  const own = await openOwn("full-disk", { diskMb: 160 });
  if (own === null) return skip();
  night = await openNight(own, {
    environment: { NOCTUARY_DIMENSIONS: "512", NOCTUARY_EMBED_BATCH_NOTES: "400" },
  });
  await putNotes(own, "ann", themedNotes(1_200));
  const begin = await own.keep();
  expect((await night.finish((await night.start(SCHEDULED)).runId)).status).toBe("done");
  const undisturbed = await outcomeOf(own);

  await begin();
  await own.query("vacuum full");
  const { runId } = await night.start(SCHEDULED);
  const messages = await night.receive("embed");
  const filler = join(server!.data, "filler");
  fill(filler);
  const stuck: typeof messages = [];
  for (const message of messages) {
    const failed = await night.deliver("embed", [message]).catch(() => [message.MessageId!]);
    if (failed.length > 0) stuck.push(message);
  }
  const freeKb = freeBytes(server!.data) / 1024;
  rmSync(filler);
  // Where not even its log could be written, the server has gone down over it.
  server!.start();
  const recorded = await answered(() =>
    own.query<{ code: string; n: number }>(
      "select error ->> 'code' as code, count(*)::int as n from noctuary.task where error is not null group by 1",
    ),
  );
  const wasDown = recorded.length === 0;
  if (!wasDown) expect(recorded.map(({ code }) => code)).toEqual(["53100"]);
  expect(await night.told()).toMatch(/53100|57P0[123]|ECONN/);
  await night.release("embed", stuck);
  await answered(() => expireLeases(own));
  await answered(() => makeWaitingDue(own));
  expect((await night.finish(runId)).status).toBe("done");
  expect(await outcomeOf(own)).toEqual(undisturbed);
  figures("a disk that is really full", {
    "kilobytes left": Math.round(freeKb),
    "messages that stayed in their queue": stuck.length,
    recorded: recorded.map(({ code, n }) => `${code} of ${n} tasks`).join(", ") || "the server went down",
    "then ended as undisturbed": "yes",
  });
});

/** Until not one block more fits. */
function fill(path: string): void {
  const file = openSync(path, "w");
  const block = Buffer.alloc(4_096, 1);
  try {
    for (let size = 1 << 20; size >= block.length; size >>= 1) {
      const chunk = Buffer.alloc(size, 1);
      for (;;) {
        try {
          writeSync(file, chunk);
        } catch {
          break;
        }
      }
    }
  } finally {
    closeSync(file);
  }
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path);
  return bavail * bsize;
}
