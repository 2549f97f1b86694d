import {
  agreementOf,
  type ComparedAgreement,
  decideGate,
  type GateAnswer,
} from "@noctuary/core/comparison/decide-gate";
import { asLedger, asUser } from "@noctuary/db/access";
import {
  type ComparedCost,
  comparedCosts,
  costOfNight,
  type NightCost,
  saveComparedCost,
} from "@noctuary/db/comparison/compared-cost";
import { comparedNights, saveComparedNight } from "@noctuary/db/comparison/compared-night";
import { runs } from "@noctuary/db/ledger/run";
import { compareUser, type UserComparison } from "../compare/compare-user.ts";
import { readOldSystem } from "../compare/old-results.ts";
import { CommandError, EXIT, UsageError } from "../exit.ts";
import { renderComparison, renderGate, renderNights, type ToldNight } from "../render/comparison.ts";
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
  oldRuns?: string;
  gate?: string;
  nights?: string;
}

/**
 * `noctuary compare`: what an older system has made beside what Noctuary has; remembered night by night. With `--gate`
 * it fails until so many nights agree well enough.
 */
export async function compare(options: CompareOptions, terminal: Terminal): Promise<number> {
  const {
    old: file,
    oldClusters: clusters,
    oldStacks: stacks,
    oldInsights: insights,
    oldRuns: runs,
  } = options;
  const gate = gateOf(options);
  if ((file === undefined) === (clusters === undefined))
    throw new UsageError(
      "say what the older system has made: --old FILE.json, or --old-clusters FILE.sql (and --old-stacks, --old-insights)",
    );
  const session = await openSession(options, terminal);
  try {
    const source = Object.fromEntries(
      Object.entries({ file, clusters, stacks, insights, runs }).filter(([, path]) => path !== undefined),
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
    const night = await lastNight(session);
    const compared: UserComparison[] = [];
    for (const userId of users) {
      const comparison = await compareUser(session.db, userId, old.byUser.get(userId)!);
      await remember(session, night, comparison);
      compared.push(comparison);
    }
    const costs = await rememberCost(session, night, await old.costOf(night));
    const nights = await tellNights(session, costs);
    const answer = gate === null ? null : await askGate(session, gate);
    terminal.json({ night, users: compared, cost: costs.at(-1), nights, gate: answer });
    renderComparison(terminal, { night, compared });
    renderNights(terminal, nights);
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

/** The night that our clusters are of. */
async function lastNight({ db }: Session): Promise<string> {
  const latest = (await asLedger(db, (tx) => runs(tx, { limit: 50 }))).find(
    ({ job, status, options }) =>
      job === JOB && options.dryRun !== true && options.trial !== true && status !== "running",
  );
  if (latest === undefined)
    throw new CommandError("no night of ours is there yet: run `noctuary run nightly-cluster` first");
  return latest.localDate ?? dateOf(JOB, latest.createdAt);
}

/** Returns the cost of all nights so far. */
async function rememberCost({ db }: Session, date: string, theirs: NightCost): Promise<ComparedCost[]> {
  return asLedger(db, async (tx) => {
    await saveComparedCost(tx, AGAINST, { date, theirs, ours: await costOfNight(tx, date) });
    return comparedCosts(tx, AGAINST);
  });
}

async function tellNights({ db }: Session, costs: ComparedCost[]): Promise<ToldNight[]> {
  const compared = await asLedger(db, (tx) => comparedNights(tx, AGAINST));
  return costs.map((cost) => ({
    ...cost,
    ...agreementOf(compared.filter(({ date }) => date === cost.date)),
  }));
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
