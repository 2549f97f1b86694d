import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { afterAll, expect, test } from "vitest";
import { CANARY } from "../support/canary.ts";
import { expireLeases, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { startOpenAiServer, tokensOf } from "../support/openai-server.ts";
import { outcomeOf } from "../support/outcome.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { figures, newSeed, times } from "./figures.ts";

const KILLS = times(40, 1_000);
const SCHEDULED = "2026-11-02T07:00:00Z";
const NOTES = { ann: 40, bob: 25 };
const IN_FLIGHT = 2;
const BATCH = 5;
const A_DOLLAR_A_TOKEN = "1000000";

const running = new Set<Fleet>();
/** Modules are compiled once for all processes, which takes a third off the start of each. */
const compiled = mkdtempSync(join(tmpdir(), "noctuary-compiled-"));
/** What the processes put on their consoles, whatever they died of. */
let printed = "";
afterAll(async () => {
  for (const fleet of running) await kill(fleet);
  rmSync(compiled, { recursive: true });
});

interface Fleet {
  child: ChildProcess;
  /** What its connections go by in the server's list of them. */
  name: string;
  /** Rejects where the process ends without having been killed. */
  ended: Promise<never>;
}

let forked = 0;
async function fleet(databaseUrl: string): Promise<Fleet> {
  const name = `fleet ${++forked}`;
  const url = new URL(databaseUrl);
  url.searchParams.set("application_name", name);
  const child = fork(new URL("../support/fleet-process.ts", import.meta.url), {
    execArgv: [],
    silent: true,
    env: { ...process.env, DATABASE_URL: url.href, NODE_COMPILE_CACHE: compiled },
  });
  for (const stream of [child.stdout!, child.stderr!])
    stream.on("data", (chunk) => (printed += String(chunk)));
  const ended = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) =>
      reject(new Error(`${name} ended by itself, with ${code}: ${printed.slice(-2_000)}`)),
    );
  });
  ended.catch(() => {}); // thrown where somebody waits for the process
  const started = { child, name, ended };
  running.add(started);
  await Promise.race([once(child, "message"), ended]);
  return started;
}

async function kill(fleet: Fleet): Promise<void> {
  running.delete(fleet);
  const { child } = fleet;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

test(`a fleet that is killed ${KILLS} times at random moments loses no note and comes to the undisturbed end`, async () => {
  const seed = newSeed();
  const random = seededRandom(seed);
  const database = await openTestDatabase();
  const provider = await startOpenAiServer({ nativeDimensions: 64, latencyMs: 5 });
  const night = await openNight(database, {
    environment: {
      NOCTUARY_EMBEDDER: "openai",
      OPENAI_BASE_URL: provider.url,
      NOCTUARY_EMBED_BATCH_NOTES: String(BATCH),
      NOCTUARY_PLAN_PAGE_NOTES: "10",
      NOCTUARY_REQUESTS_IN_FLIGHT: String(IN_FLIGHT),
      NOCTUARY_USD_PER_MILLION_TOKENS: A_DOLLAR_A_TOKEN,
      NOCTUARY_MONTHLY_BUDGET_USD: "1000000",
    },
  });
  for (const [user, count] of Object.entries(NOTES)) await putNotes(database, user, themedNotes(count));
  const begin = await database.keep();
  let current = await fleet(database.url);
  let started: Promise<unknown> = Promise.resolve();
  const tellToStart = () => {
    started = Promise.race([once(current.child, "message"), current.ended]);
    started.catch(() => {}); // of one that is killed before it has answered nobody waits for it
    current.child.send({ scheduledTime: SCHEDULED }, () => {});
  };

  const startNight = async () => {
    // A start that comes late to a night that has ended would begin the next one, while its notes are being put back.
    await started;
    await begin();
    provider.reset();
    tellToStart();
    return performance.now();
  };
  const isEnded = async () => {
    const [run] = await database.query<{ status: string }>("select status from noctuary.run");
    return run !== undefined && run.status !== "running";
  };
  const untilEnded = async () => {
    while (!(await isEnded())) await Promise.race([delay(10), current.ended]);
  };
  const begun = await startNight();
  await untilEnded();
  let usualMs = performance.now() - begun;
  // Once more, without what a process does first.
  const again = await startNight();
  await untilEnded();
  usualMs = Math.min(usualMs, performance.now() - again);
  const undisturbed = await outcomeOf(database);
  const paidOnce = provider.inputs;
  expect(undisturbed.tasks.every(({ status }) => status === "done")).toBe(true);

  let kills = 0;
  let nights = 0;
  let paidTwice = 0;
  let mostPaidTwice = 0;
  let leftSetAside = 0;
  const caught: Record<string, number> = {
    "before the plan": 0,
    plan: 0,
    embed: 0,
    cluster: 0,
    "after its end": 0,
  };
  while (kills < KILLS) {
    const own = Math.min(1 + Math.floor(random() * 2), KILLS - kills);
    await startNight();
    nights += 1;
    for (let i = 0; i < own; i++) {
      const spare = fleet(database.url);
      await delay(random() * usualMs * 1.2);
      await kill(current);
      kills += 1;
      caught[await whatWasUnderWay(database)]! += 1;
      await untilGone(current.name, database);
      await expireLeases(database);
      current = await spare;
      tellToStart();
    }
    await untilEnded();
    expect(await outcomeOf(database), `seed ${seed}, night ${nights}`).toEqual(undisturbed);
    const twice = provider.inputs - paidOnce;
    expect(twice, `seed ${seed}, night ${nights}`).toBeLessThanOrEqual(own * 2 * IN_FLIGHT * BATCH);
    // Whatever was killed between setting money aside and saying what it cost: no dollar that was billed is forgotten.
    const counted = await countedUsd(database);
    const billed = provider.requests.reduce(
      (sum, { input }) => sum + input.reduce((all, text) => all + tokensOf(text), 0),
      0,
    );
    expect(counted.used, `seed ${seed}, night ${nights}`).toBeGreaterThanOrEqual(billed);
    leftSetAside += counted.reserved > 0 ? 1 : 0;
    paidTwice += twice;
    mostPaidTwice = Math.max(mostPaidTwice, twice);
  }
  figures("kill -9 of orchestrator, workers and reconciler", {
    seed,
    kills,
    nights,
    "notes lost": 0,
    "nights that ended otherwise": 0,
    "inputs paid twice": paidTwice,
    "most in one night": mostPaidTwice,
    "nights with dollars left set aside": leftSetAside,
    "dollars billed and not counted": 0,
    caught: Object.entries(caught)
      .map(([step, n]) => `${step} ${n}`)
      .join(" / "),
  });
  await kill(current);
  expect(printed.toLowerCase()).not.toContain(CANARY);
  await night.close();
  await provider.close();
  await database.close();
}, 7_200_000);

async function countedUsd({ query }: TestDatabase): Promise<{ used: number; reserved: number }> {
  const [row] = await query<{ used: number; reserved: number }>(
    `select (spent_usd + reserved_usd)::float8 as used, reserved_usd::float8 as reserved
     from noctuary.budget_month where user_id = ''`,
  );
  return row!;
}

async function whatWasUnderWay({ query }: TestDatabase): Promise<string> {
  const [run] = await query<{ status: string }>("select status from noctuary.run");
  if (run === undefined) return "before the plan";
  if (run.status !== "running") return "after its end";
  const rows = await query<{ step: string }>(
    "select step from noctuary.task where status in ('running', 'pending') order by status desc, created_at limit 1",
  );
  return rows[0]?.step ?? "after its end";
}

/**
 * The server has noticed that the process is gone, and rolled back what it held. Its connections have ended and are not
 * just idle: what it had sent before it died is still read and carried out, a claim with its lease for one.
 */
async function untilGone(name: string, { query }: TestDatabase): Promise<void> {
  while ((await query("select 1 from pg_stat_activity where application_name = $1", [name])).length > 0)
    await delay(5);
}
