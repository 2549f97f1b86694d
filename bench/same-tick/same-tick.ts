import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { startRun } from "@noctuary/core/runtime/start-run";
import { nextDue } from "@noctuary/core/schedule";
import { asLedger } from "@noctuary/db/access";
import type { Database } from "@noctuary/db/database";
import { sql } from "drizzle-orm";

export interface SameTick {
  runs: number;
  plans: number;
  /** Schedulers that were told that theirs is the run: one a tick. */
  starters: number;
  /** Ticks of which all schedulers were given the same run. */
  sameRun: number;
}

/**
 * Lets as many schedulers as there are connections start a job at the same tick, night after night: every other one as
 * the schedule, the rest as the reconciler that makes up for it.
 */
export async function sameTick(
  db: Database,
  { schedulers, ticks }: { schedulers: number; ticks: number },
): Promise<SameTick> {
  let due = new Date("2026-01-01T12:00:00Z");
  let starters = 0;
  let sameRun = 0;
  for (let tick = 0; tick < ticks; tick++) {
    due = nextDue(nightlyCluster.schedule, due);
    const started = await Promise.all(
      Array.from({ length: schedulers }, (_, i) =>
        startRun({ db }, nightlyCluster, {
          trigger: i % 2 === 0 ? "schedule" : "catch-up",
          asOf: due,
          options: {},
        }),
      ),
    );
    starters += started.filter(({ planTaskId }) => planTaskId !== null).length;
    if (new Set(started.map(({ run }) => run.id)).size === 1) sameRun += 1;
  }
  const { rows } = await asLedger(db, (tx) =>
    tx.execute<{ runs: number; plans: number }>(sql`
      select (select count(*)::int from run) as runs, (select count(*)::int from task where step = 'plan') as plans`),
  );
  return { ...rows[0]!, starters, sameRun };
}

/** How many runs each date has. */
export async function runsOfTick(db: Database): Promise<number[]> {
  const { rows } = await asLedger(db, (tx) =>
    tx.execute<{ runs: number }>(sql`select count(*)::int as runs from run group by job, local_date`),
  );
  return rows.map(({ runs }) => runs);
}
