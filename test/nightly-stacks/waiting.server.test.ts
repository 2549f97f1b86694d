import { asUser } from "@noctuary/db/access";
import { endRunUser } from "@noctuary/db/ledger/run-user";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = emptiedDatabase();
let night: Night;

beforeEach(async () => {
  await putNotes(database, "u", themedNotes(9));
  night = await openNight(database);
});
afterEach(() => night.close());

test("a wait that begins while its end is being committed is over at once", async () => {
  const { runId } = await night.start({ trigger: "schedule", scheduledTime: "2026-11-02T07:00:00Z" });
  await night.start({ trigger: "schedule", scheduledTime: "2026-11-02T07:30:00Z" }, "nightly-stacks");
  const messages = await night.receive("stacks");
  let delivered: Promise<unknown> | undefined;
  await asUser(database.db, "u", async (tx) => {
    await endRunUser(tx, { id: runId, job: "nightly-cluster", localDate: "2026-11-02" }, "u", "done");
    delivered = night.deliver("stacks", messages);
    // The task has decided to wait, for it cannot see this transaction; now it stands before the lock.
    await vi.waitFor(async () => {
      const blocked = await database.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(blocked).toHaveLength(1);
    });
  });
  await delivered;
  const [task] = await database.query(
    "select status, attempts, waits_for, not_before > clock_timestamp() as waits from noctuary.task where step = 'stacks'",
  );
  expect(task).toEqual({ status: "pending", attempts: 0, waits_for: null, waits: false });
});
