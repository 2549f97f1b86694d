import { PermanentError } from "@noctuary/core/errors";
import pg from "pg";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { figures, times } from "./figures.ts";

const RACES = times(20, 200);
const AS_OF = "2026-11-02T07:00:00Z";
/** Stops a plan after its one page, before it finds that there is no other. */
const TOO_LITTLE_MS = 10_000;

const database = databaseOfFile();
let night: Night;
let holder: pg.Client;
let begin: () => Promise<void>;
let embedsFail = false;

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(8));
  begin = await database.keep();
  night = await openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "4", NOCTUARY_PLAN_PAGE_NOTES: "8" },
    // What failed saves nothing of the user's, so that only the lock of the fan-in keeps the two apart.
    wrap: (context) => ({
      ...context,
      embedder: failingEmbedder(
        context.embedder,
        () => embedsFail,
        () => new PermanentError("refused", "refused"),
      ),
    }),
  });
  holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
});
afterAll(async () => {
  await holder.end();
  await night.close();
});

/** Lets two of them come to the door of the decision, and in at the same instant. Returns how often both were waiting. */
async function race(contestants: (() => Promise<unknown>)[]): Promise<boolean> {
  await holder.query("begin; lock table noctuary.run_user in exclusive mode");
  let ended = 0;
  const working = contestants.map(async (run) => {
    await run();
    ended += 1;
  });
  let waiting = 0;
  await vi.waitFor(
    async () => {
      const rows = await database.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      waiting = rows.length;
      expect(waiting + ended).toBe(contestants.length);
    },
    { timeout: 20_000, interval: 5 },
  );
  await holder.query("rollback");
  await Promise.all(working);
  return waiting === contestants.length;
}

const clusterings = async () =>
  (await database.query("select 1 from noctuary.task where step = 'cluster'")).length;

test.each([
  ["two last embeds that are saved", "embeds", false],
  ["two last embeds that fail", "embeds", true],
  ["the end of the plan and the last embeds", "plan", false],
] as const)(
  `%s, ${RACES} times at the same instant: exactly one clustering each`,
  async (what, kind, fails) => {
    let tight = 0;
    let started = 0;
    for (let i = 0; i < RACES; i++) {
      await begin();
      embedsFail = false;
      const contestants = kind === "embeds" ? await lastTwoEmbeds(fails) : await planAndLastEmbeds();
      tight += (await race(contestants)) ? 1 : 0;
      const found = await clusterings();
      expect(found, `race ${i}`).toBe(1);
      started += found;
      for (const queue of ["nightly-cluster", "embed", "cluster"] as const) {
        for (const message of await night.receive(queue)) await night.deliver(queue, [message]);
      }
    }
    figures(`fan-in: ${what}`, {
      races: RACES,
      "of them with both waiting at the door": tight,
      "clusterings started": started,
    });
    expect(tight).toBeGreaterThan(RACES / 2);
  },
);

async function lastTwoEmbeds(fails: boolean) {
  await night.start({ trigger: "manual", asOf: AS_OF, options: {} });
  const messages = await night.receive("embed");
  expect(messages).toHaveLength(2);
  embedsFail = fails;
  return messages.map((message) => () => night.deliver("embed", [message]));
}

async function planAndLastEmbeds() {
  await night.handlers["nightly-cluster"](
    { trigger: "manual", asOf: AS_OF, options: {} },
    night.lambda("nightly-cluster", TOO_LITTLE_MS),
  );
  await database.query("update noctuary.task set not_before = null");
  const planning = await night.receive("nightly-cluster");
  await night.deliver("nightly-cluster", planning);
  const embeds = await night.receive("embed");
  // All but the last one are done; the plan has its last page before it once more.
  await night.deliver("embed", embeds.slice(0, -1));
  await database.query("update noctuary.run_user set planned_at = null, status = 'open'");
  await database.query("update noctuary.task set status = 'pending', not_before = null where step = 'plan'");
  return [
    () => night.deliver("nightly-cluster", planning.slice(0, 1)),
    () => night.deliver("embed", embeds.slice(-1)),
  ];
}
