import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type OwnedClock, ownLedgerClock } from "../support/ledger-clock.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";
import { figures, newSeed, times } from "./figures.ts";
import { type LedgerWatch, watchLedger } from "./ledger-watch.ts";
import { SimulatedFleet } from "./simulated-fleet.ts";

const SEEDS = times(50, 2_000);
const STEPS = 80;
const MAX_TRIES = 3;
const START = Date.parse("2026-11-02T07:00:00Z");
const USERS = { ann: 11, bob: 7 };

const database = databaseOfFile();
let night: Night;
let clock: OwnedClock;
let watch: LedgerWatch;
let begin: () => Promise<void>;
let undisturbed: Awaited<ReturnType<typeof outcomeOf>>;

beforeAll(async () => {
  for (const [user, count] of Object.entries(USERS)) await putNotes(database, user, themedNotes(count));
  begin = await database.keep();
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "3", NOCTUARY_PLAN_PAGE_NOTES: "5" },
  });
  const { runId } = await night.start({ trigger: "schedule", scheduledTime: new Date(START).toISOString() });
  expect((await night.finish(runId)).status).toBe("done");
  undisturbed = await outcomeOf(database);
  clock = await ownLedgerClock(database, START);
  watch = await watchLedger(database);
});
afterAll(() => night.close());

/** What holds after every step, whatever happened. */
class Promises {
  readonly #fences = new Map<string, number>();
  readonly #done = new Map<string, string>();

  async check(): Promise<void> {
    for (const what of await watch.broken()) throw new Error(what);
    const tasks = await database.query<{
      id: string;
      step: string;
      user_id: string;
      status: string;
      fence: string;
      row: string;
    }>(
      `select id, step, user_id, status, fence, concat_ws('|', fence, attempts, finished_at, result) as row
       from noctuary.task`,
    );
    for (const { id, status, fence, row } of tasks) {
      if (Number(fence) < (this.#fences.get(id) ?? 0)) throw new Error("a fence has fallen");
      this.#fences.set(id, Number(fence));
      const before = this.#done.get(id);
      if (before !== undefined && (status !== "done" || row !== before))
        throw new Error("a finished task was touched");
      if (status === "done") this.#done.set(id, row);
    }
    for (const user of Object.keys(USERS)) {
      const own = tasks.filter((task) => task.user_id === user);
      const clusters = own.filter(({ step }) => step === "cluster");
      if (clusters.length > 1) throw new Error("a user has two cluster tasks");
      const isOpen = own.some(
        ({ step, status }) => step === "embed" && (status === "pending" || status === "running"),
      );
      const hasBegun = clusters.some(({ status, fence }) => status === "pending" && Number(fence) === 0);
      if (isOpen && hasBegun) throw new Error("clustering was due before the last embed");
    }
    const [counts] = await database.query<{ runs: number; astray: number; open: number }>(`
      select (select count(*) from noctuary.run)::int as runs,
        (select count(*) from noctuary.note_embedding e left join noctuary.note n on n.user_id = e.user_id and n.id = e.note_id
          where n.id is null)::int as astray,
        (select count(*) from noctuary.run r join noctuary.task t on t.run_id = r.id
          where r.status <> 'running' and r.cancelled_at is null and t.status in ('pending', 'running'))::int as open`);
    if (counts!.runs > 1) throw new Error("a date has two runs");
    if (counts!.astray > 0) throw new Error("a vector belongs to no note");
    if (counts!.open > 0) throw new Error("a run has ended with tasks that have not");
  }
}

async function simulate(seed: number): Promise<SimulatedFleet> {
  await begin();
  await clock.set(START);
  await watch.forget();
  const fleet = new SimulatedFleet(database, night.context, { clock, watch }, seed);
  const promises = new Promises();
  const jitter = seededRandom(seed + 1);
  const random = vi.spyOn(Math, "random").mockImplementation(() => jitter());
  try {
    for (let step = 0; step < STEPS; step++) {
      await fleet.step();
      // A machine may die while it says that the third try was the last: the next one to claim the task says it then.
      if (fleet.mostTries > MAX_TRIES) throw new Error("a task was tried more often than it may be");
      await promises.check();
    }
    await fleet.calm();
    await promises.check();
    const outcome = await outcomeOf(database);
    expect(outcome.embeddings).toEqual(undisturbed.embeddings);
    expect(
      fleet.answered - fleet.wasted,
      "paid twice is only what a lost worker had in hand",
    ).toBeLessThanOrEqual(18);
    const wasRedriven = fleet.trace.some((line) => line.includes("redrive"));
    if (!wasRedriven) expect(outcome).toEqual(undisturbed);
  } catch (error) {
    process.stdout.write(
      `\nseed ${seed}; again: NOCTUARY_SEED=${seed} NOCTUARY_FAULT_COUNT=1 npm run test:faults -- simulation\n`,
    );
    process.stdout.write(`${fleet.trace.join("\n")}\n`);
    throw error;
  } finally {
    random.mockRestore();
  }
  return fleet;
}

test(`${SEEDS} simulated fleets keep every promise after each of ${STEPS} steps, and come to the undisturbed end`, async () => {
  const first = newSeed();
  const happened: Record<string, number> = {
    dies: 0,
    "stands still": 0,
    "lease was lost": 0,
    doubled: 0,
    "is lost": 0,
    cancels: 0,
    redrive: 0,
  };
  for (let i = 0; i < SEEDS; i++) {
    const fleet = await simulate(first + i);
    for (const word of Object.keys(happened))
      happened[word]! += fleet.trace.filter((line) => line.includes(word)).length;
  }
  figures("simulation", {
    seeds: `${first} to ${first + SEEDS - 1}`,
    steps: SEEDS * STEPS,
    "promises broken": 0,
    "machines that died": happened.dies!,
    "workers that stood still": happened["stands still"]!,
    "leases lost": happened["lease was lost"]!,
    "messages doubled": happened.doubled!,
    "messages lost": happened["is lost"]!,
    cancels: happened.cancels!,
    redrives: happened.redrive!,
    "not seen": "what two sessions do inside a transaction (fan-in.server.test.ts does)",
  });
}, 7_200_000);
