import { PermanentError } from "@noctuary/core/errors";
import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { announcingStatements } from "../support/announced-statements.ts";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = emptiedDatabase();
let night: Night;
let holder: pg.Client;

beforeEach(async () => {
  await putNotes(database, "u", themedNotes(8));
  holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
});
afterEach(async () => {
  await holder.end();
  await night.close();
});

/**
 * Holds up whoever comes to decide, each with its own end of a task written and not committed. The whole table: a lock
 * on the user's row would keep the two apart by itself, which is what is being tested.
 */
async function closeTheDoor(): Promise<void> {
  await holder.query("begin; lock table noctuary.run_user in exclusive mode");
}

const environment = { NOCTUARY_EMBED_BATCH_NOTES: "4" };

test.each([
  ["are saved", false],
  // A batch that failed saves nothing of the user's, so that only the lock of the fan-in keeps the two apart.
  ["fail", true],
])(
  "the last two embeds of a user that %s at the same instant start exactly one clustering",
  async (_, fails) => {
    night = await openNight(database, {
      environment,
      wrap: (context) => ({
        ...context,
        embedder: failingEmbedder(
          context.embedder,
          () => fails,
          () => new PermanentError("refused", "refused"),
        ),
      }),
    });
    const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
    const messages = await night.receive("embed");
    expect(messages).toHaveLength(2);

    // Both are held at the door of the decision, and let in together.
    await closeTheDoor();
    let ended = 0;
    const working = messages.map(async (message) => {
      await night.deliver("embed", [message]);
      ended += 1;
    });
    await vi.waitFor(
      async () => {
        const waiting = await database.query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        expect(waiting.length + ended).toBe(2);
      },
      { timeout: 20_000 },
    );
    await holder.query("rollback");
    await Promise.all(working);
    expect(await database.query("select 1 from noctuary.task where step = 'cluster'")).toHaveLength(1);
    expect((await night.finish(runId)).status).toBe(fails ? "partial" : "done");
  },
);

/** A night that is planned but for the end of its only user, whose embed task is announced. */
async function planAllButTheEnd() {
  // Stops the plan after its one page, before it finds that there is no other.
  const TOO_LITTLE_MS = 10_000;
  const { runId } = (await night.handlers["nightly-cluster"](
    { trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} },
    night.lambda("nightly-cluster", TOO_LITTLE_MS),
  )) as { runId: string };
  await database.query("update noctuary.task set not_before = null");
  const planning = await night.receive("nightly-cluster");
  await night.deliver("nightly-cluster", planning);
  const embeds = await night.receive("embed");
  await database.query("update noctuary.run_user set planned_at = null, status = 'open'");
  await database.query("update noctuary.task set status = 'pending', not_before = null where step = 'plan'");
  return { runId, planning: planning.slice(0, 1), embeds };
}

test("the end of the plan and the last embed at the same instant start exactly one clustering", async () => {
  night = await openNight(database, { environment: { NOCTUARY_PLAN_PAGE_NOTES: "8" } });
  const { runId, planning, embeds } = await planAllButTheEnd();
  await closeTheDoor();
  let ended = 0;
  const working = [night.deliver("nightly-cluster", planning), night.deliver("embed", embeds)].map((work) =>
    work.then(() => {
      ended += 1;
    }),
  );
  await vi.waitFor(
    async () => {
      const waiting = await database.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(waiting.length + ended).toBe(2);
    },
    { timeout: 20_000 },
  );
  await holder.query("rollback");
  await Promise.all(working);
  expect(await database.query("select 1 from noctuary.task where step = 'cluster'")).toHaveLength(1);
  expect((await night.finish(runId)).status).toBe("done");
});

test("the end of the plan and the end of an embed wait for each other in one direction", async () => {
  // The plan has the user's row of the run, and is about to write the user's state.
  const planIsAhead = Promise.withResolvers<void>();
  const goesOn = Promise.withResolvers<void>();
  let isAtTheEnd = false;
  night = await openNight(database, {
    environment: { NOCTUARY_PLAN_PAGE_NOTES: "8" },
    wrap: (context) =>
      announcingStatements(context, async (text) => {
        if (!isAtTheEnd || !text.includes('insert into user_state (user_id, "hashed_on")')) return;
        planIsAhead.resolve();
        await goesOn.promise;
      }),
  });
  const { runId, planning, embeds } = await planAllButTheEnd();
  await database.query("update noctuary.user_state set hashed_on = null");
  isAtTheEnd = true;
  const plans = night.deliver("nightly-cluster", planning);
  await planIsAhead.promise;
  const embedding = night.deliver("embed", embeds);
  await vi.waitFor(
    async () => {
      const waiting = await database.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(waiting).toHaveLength(1);
    },
    { timeout: 20_000 },
  );
  goesOn.resolve();
  await Promise.all([plans, embedding]);
  expect(await database.query("select step, error from noctuary.task where error is not null")).toEqual([]);
  expect(night.log()).not.toContain("task will be tried again");
  expect((await night.finish(runId)).status).toBe("done");
});
