import type { PastRun } from "@noctuary/db/ledger/health";
import { median } from "./weekly-insights/facts/median.ts";

const HOUR_MS = 3_600_000;
/** Below so many runs there is no history to be slow against. */
const LEAST_HISTORY = 5;
/** Ratios of short times are noise: whatever is shorter counts as this. */
const SHORTEST_MS = 5 * 60_000;

/** What the ledger knows about one job, as plain data. */
export interface JobHistory {
  /** Its own runs, the newest first. */
  runs: readonly PastRun[];
  /** How long it has been on; null where nobody knows. */
  onForMs: number | null;
}

const succeeded = ({ status }: PastRun) => status === "done" || status === "partial";

/**
 * Hours since a job last ended well; since it was turned on where it never did; null where neither is known. A run
 * that is partial counts: it did what could be done.
 */
export function hoursSinceSuccess({ runs, onForMs }: JobHistory): number | null {
  const newest = runs.find(succeeded);
  const ms = newest === undefined ? onForMs : newest.endedMs;
  return ms === null ? null : Math.max(0, ms) / HOUR_MS;
}

/** How many of a job's newest runs that have ended failed, one after the other. */
export function consecutiveFailures(runs: readonly PastRun[]): number {
  const ended = runs.filter(({ status }) => status !== "running");
  const good = ended.findIndex(({ status }) => status !== "failed");
  return good === -1 ? ended.length : good;
}

/**
 * How long the newest run took, or has taken so far, as a multiple of the median of those before it that ended well.
 * 1 where there are too few to compare with.
 */
export function slowRatio([newest, ...before]: readonly PastRun[]): number {
  const history = before.filter(succeeded).map(({ durationMs }) => durationMs);
  if (newest === undefined || history.length < LEAST_HISTORY) return 1;
  return Math.max(newest.durationMs, SHORTEST_MS) / Math.max(median(history), SHORTEST_MS);
}

/**
 * How far the notes a topic in the newest night are from the median of the nights before, as a factor of at least 1:
 * 3 is a third or three times of what is usual. Notes a topic and not topics: a night groups those users only for whom
 * something changed. null where there are too few nights.
 */
export function topicSizeDrift(runs: readonly PastRun[]): number | null {
  const [newest, ...before] = runs
    .map(({ totals: { clustered = 0, topics = 0 } }) => (topics === 0 ? null : clustered / topics))
    .filter((size) => size !== null);
  if (newest === undefined || before.length < LEAST_HISTORY) return null;
  const ratio = newest / median(before);
  return Math.max(ratio, 1 / ratio);
}

/** Notes whose deletion was held back in the newest run that ended, because many were gone at once. */
export function notesWithheld(runs: readonly PastRun[]): number {
  return runs.find(({ status }) => status !== "running")?.totals.withheld ?? 0;
}

/** Share of a model's sentences that held in the newest week that a model told something of; null without one. */
export function verificationRate(runs: readonly PastRun[]): number | null {
  for (const { totals } of runs) {
    const { sentencesKept: kept = 0, sentencesDropped: dropped = 0 } = totals;
    if (kept + dropped > 0) return kept / (kept + dropped);
  }
  return null;
}
