import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";
import { openTestDatabase } from "../support/test-database.ts";
import { figures } from "./figures.ts";

const SIX_HOURS_MS = 6 * 3_600_000;
afterEach(() => {
  vi.useRealTimers();
});

test("a worker whose clock is six hours off, either way, changes nothing", async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  await putNotes(database, "u", themedNotes(14));
  const begin = await database.keep();
  const outcomes = [];
  for (const offsetMs of [0, SIX_HOURS_MS, -SIX_HOURS_MS]) {
    await begin();
    if (offsetMs !== 0) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offsetMs });
    const night = await openNight(database, { environment: { NOCTUARY_EMBED_BATCH_NOTES: "4" } });
    const { runId } = await night.start({ trigger: "schedule", scheduledTime: "2026-11-02T07:00:00Z" });
    expect((await night.finish(runId)).status).toBe("done");
    outcomes.push(await outcomeOf(database));
    const [leases] = await database.query<{ late: number }>(
      "select count(*)::int as late from noctuary.task where abs(extract(epoch from finished_at - clock_timestamp())) > 3600",
    );
    expect(leases!.late, "the ledger goes by the database's clock").toBe(0);
    vi.useRealTimers();
    await night.close();
  }
  const [right, ...off] = outcomes;
  for (const outcome of off) expect(outcome).toEqual(right);
  figures("a worker's clock six hours off, ahead and behind", { "rows that differ": 0 });
});
