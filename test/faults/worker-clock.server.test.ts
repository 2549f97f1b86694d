import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";
import { openTestDatabase } from "../support/test-database.ts";
import { figures } from "./figures.ts";

const SIX_HOURS_MS = 6 * 3_600_000;
/** On a server: the embedded database lives in this process and by its clock. Whatever the ledger goes by: a moment that is an hour off is not the database's. */
const WATCH = `
  create table public.off_the_clock (what text, hours float8);
  create function public.watch_clock() returns trigger language plpgsql security definer as $$
  begin
    insert into public.off_the_clock
    select tg_table_name || '.' || key, extract(epoch from value::timestamptz - clock_timestamp()) / 3600
    from jsonb_each_text(to_jsonb(new)) where value ~ '^\\d{4}-\\d\\d-\\d\\dT' and key <> 'as_of'
      and (tg_op = 'INSERT' or to_jsonb(old) ->> key is distinct from value)
      and abs(extract(epoch from value::timestamptz - clock_timestamp())) > 3600;
    return new;
  end $$;`;
const WATCHED = ["run", "run_user", "task", "outbox", "provider_state", "budget_month", "audit_log"];

afterEach(() => {
  vi.useRealTimers();
});

test("a worker whose clock is six hours off, either way, changes nothing", async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  await putNotes(database, "u", themedNotes(14));
  const begin = await database.keep();
  await database.query(WATCH);
  for (const table of WATCHED)
    await database.query(
      `create trigger watch_clock after insert or update on noctuary.${table} for each row execute function public.watch_clock()`,
    );
  const outcomes = [];
  for (const offsetMs of [0, SIX_HOURS_MS, -SIX_HOURS_MS]) {
    await begin();
    if (offsetMs !== 0) vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + offsetMs });
    const night = await openNight(database, { environment: { NOCTUARY_EMBED_BATCH_NOTES: "4" } });
    const { runId } = await night.start({ trigger: "schedule", scheduledTime: "2026-11-02T07:00:00Z" });
    expect((await night.finish(runId)).status).toBe("done");
    outcomes.push(await outcomeOf(database));
    vi.useRealTimers();
    await night.close();
  }
  expect(await database.query("select * from public.off_the_clock"), "by another clock").toEqual([]);
  const [right, ...off] = outcomes;
  for (const outcome of off) expect(outcome).toEqual(right);
  figures("a worker's clock six hours off, ahead and behind", {
    "rows that differ": 0,
    "moments by the worker's clock": 0,
  });
});
