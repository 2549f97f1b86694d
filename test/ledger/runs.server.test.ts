import pg from "pg";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const CALLS = 3;
const database = emptiedDatabase();
let night: Night;
let holder: pg.Client;

beforeEach(async () => {
  // A run with nothing to do would have ended before the last of the calls looks again.
  await putNotes(database, "u", themedNotes(3));
  night = await openNight(database);
  holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
});
afterEach(async () => {
  await holder.end();
  await night.close();
});

test.each([
  { trigger: "manual" as const, asOf: "2026-11-02T07:00:00Z", options: { userIds: ["u"] } },
  { trigger: "schedule" as const, scheduledTime: "2026-11-02T07:00:00Z" },
])("$trigger calls that all looked before any of them wrote are one run", async (event) => {
  // Reading goes on, writing waits.
  await holder.query("begin; lock table noctuary.run in exclusive mode");
  const calls = Array.from({ length: CALLS }, () => night.start(event));
  await vi.waitFor(
    async () => {
      const waiting = await database.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
      );
      expect(waiting).toHaveLength(CALLS);
    },
    { timeout: 20_000 },
  );
  await holder.query("rollback");
  const started = await Promise.all(calls);
  expect(new Set(started.map(({ runId }) => runId)).size).toBe(1);
  expect(started.filter(({ joined }) => !joined)).toHaveLength(1);
});
