import type { Run } from "@noctuary/db/ledger/run";

/** A run as programs get it, from the command line and over HTTP. These names are stable. */
export function runJson(run: Run) {
  const { id, job, localDate, trigger, options, asOf, status } = run;
  const { totals, costUsd, error, createdAt, finishedAt } = run;
  return {
    id,
    job,
    localDate,
    trigger,
    options,
    asOf,
    status,
    totals,
    costUsd,
    error,
    createdAt,
    finishedAt,
  };
}
