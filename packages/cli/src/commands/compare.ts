import { type ComparedAgreement, decideGate, type GateAnswer } from "@noctuary/core/comparison/decide-gate";
import { asLedger, asUser } from "@noctuary/db/access";
import { comparedNights, saveComparedNight } from "@noctuary/db/comparison/compared-night";
import { runs } from "@noctuary/db/ledger/run";
import { compareUser, type UserComparison } from "../compare/compare-user.ts";
import { type OldSystem, readOldSystem } from "../compare/old-results.ts";
import { CommandError, EXIT, UsageError } from "../exit.ts";
import { renderComparison, renderGate } from "../render/comparison.ts";
import { dateOf } from "../run-job.ts";
import { type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

const JOB = "nightly-cluster";
const AGAINST = "old";

export interface CompareOptions extends GlobalOptions {
  old?: string;
  oldClusters?: string;
  oldStacks?: string;
  oldInsights?: string;
  gate?: string;
  nights?: string;
}

/** What a night took. */
export interface NightCost {
  seconds: number | null;
  costUsd: number | null;
}

/**
 * `noctuary compare`: what an older system has made beside what Noctuary has; remembered night by night. With `--gate`
 * it fails until so many nights agree well enough.
 */
export async function compare(options: CompareOptions, terminal: Terminal): Promise<number> {
  const { old: file, oldClusters: clusters, oldStacks: stacks, oldInsights: insights } = options;
  const gate = gateOf(options);
  if ((file === undefined) === (clusters === undefined))
    throw new UsageError(
      "say what the older system has made: --old FILE.json, or --old-clusters FILE.sql (and --old-stacks, --old-insights)",
    );
  const session = await openSession(options, terminal);
  try {
    const source = Object.fromEntries(
      Object.entries({ file, clusters, stacks, insights }).filter(([, path]) => path !== undefined),
    );
    const old = await readOldSystem(session.db, source);
    const users = [...old.byUser.keys()]
      .filter((id) => options.user === undefined || id === options.user)
      .sort();
    if (users.length === 0)
      throw new CommandError(
        options.user === undefined
          ? "the older system has nothing to compare with: is it the right file or query?"
          : `the older system has nothing of user ${options.user}`,
      );
    const { night, cost } = await lastNight(session);
    const compared: UserComparison[] = [];
    for (const userId of users) {
      const comparison = await compareUser(session.db, userId, old.byUser.get(userId)!);
      await remember(session, night, comparison);
      compared.push(comparison);
    }
    const answer = gate === null ? null : await askGate(session, gate);
    terminal.json({ night, users: compared, cost: { theirs: costOf(old), ours: cost }, gate: answer });
    renderComparison(terminal, { night, compared, theirs: costOf(old), ours: cost });
    if (answer !== null && gate !== null) renderGate(terminal, answer, gate);
    return answer === null || answer.passed ? EXIT.done : EXIT.failed;
  } finally {
    await session.close();
  }
}

export function gateOf({
  gate,
  nights,
}: Pick<CompareOptions, "gate" | "nights">): { least: number; nights: number } | null {
  if (gate === undefined) {
    if (nights !== undefined) throw new UsageError("--nights goes with --gate");
    return null;
  }
  const least = Number(gate);
  const count = Number(nights ?? 3);
  if (!(least >= -1 && least <= 1))
    throw new UsageError(`--gate ${gate}: write an agreement between 0 and 1`);
  if (!(Number.isInteger(count) && count >= 1 && count <= 60))
    throw new UsageError(`--nights ${nights}: write how many nights, 1 to 60`);
  return { least, nights: count };
}

/** The night that our clusters are of, and what it took. */
async function lastNight({ db }: Session): Promise<{ night: string; cost: NightCost }> {
  const latest = (await asLedger(db, (tx) => runs(tx, { limit: 50 }))).find(
    ({ job, status, options }) => job === JOB && options.dryRun !== true && status !== "running",
  );
  if (latest === undefined)
    throw new CommandError("no night of ours is there yet: run `noctuary run nightly-cluster` first");
  const { localDate, createdAt, finishedAt, costUsd } = latest;
  const seconds = finishedAt === null ? null : (finishedAt.getTime() - createdAt.getTime()) / 1000;
  return { night: localDate ?? dateOf(JOB, createdAt), cost: { seconds, costUsd } };
}

async function remember({ db }: Session, date: string, comparison: UserComparison): Promise<void> {
  const { userId, clusters, stacks, insights } = comparison;
  await asUser(db, userId, (tx) =>
    saveComparedNight(tx, {
      userId,
      against: AGAINST,
      date,
      ari: clusters.ari,
      notes: clusters.notes.both,
      counts: {
        theirClusters: clusters.groups.theirs,
        ourClusters: clusters.groups.ours,
        alikeClusters: clusters.alike,
        onlyTheirNotes: clusters.notes.onlyTheirs.length,
        onlyOurNotes: clusters.notes.onlyOurs.length,
        alikeStacks: stacks.alike,
        weeksOfBoth: insights.weeksOfBoth,
      },
    }),
  );
}

export async function askGate(
  { db }: Pick<Session, "db">,
  gate: { least: number; nights: number },
  against = AGAINST,
): Promise<GateAnswer> {
  const nights: ComparedAgreement[] = await asLedger(db, (tx) => comparedNights(tx, against));
  return decideGate(nights, gate);
}

function costOf({ seconds, costUsd }: Pick<OldSystem, "seconds" | "costUsd">): NightCost {
  return { seconds: seconds ?? null, costUsd: costUsd ?? null };
}
