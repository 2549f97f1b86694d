import { asLedger } from "@noctuary/db/access";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { lastPlannedUser } from "@noctuary/db/ledger/run-user";
import { renewLease } from "@noctuary/db/ledger/task";
import { nextUser, vanishedInAll } from "@noctuary/db/notes/note-changes";
import { limitsFor, type PlanStep } from "../job.ts";
import { usersAskedAfter } from "../runtime/users-asked.ts";
import { dryPlanUser, type PlanScope, planPage } from "./plan-user.ts";
import { areTooManyInAll } from "./withhold-deletions.ts";

type PlanInput = Parameters<PlanStep["work"]>[0];

/** So much is left of the function's time when the plan stops and goes on through its queue. */
const MARGIN_MS = 20_000;
const RENEW_EVERY_MS = 10_000;

/**
 * Finds what is new, changed, excluded or gone, one user after another in keyset pages. Where it stands lies in
 * `run_user`: stopped or killed anywhere, it goes on after the last page that was committed.
 */
export const plan: PlanStep = {
  slug: "plan",
  queue: "nightly-cluster",
  limits: limitsFor(300, 1),
  work: (input) => (input.run.options.dryRun === true ? dryRun(input) : planUsers(input)),
};

async function planUsers(input: PlanInput): ReturnType<PlanStep["work"]> {
  const { context, run, task, remainingMs } = input;
  const scope = await scopeOf(input);
  const last = await asLedger(context.db, (tx) => lastPlannedUser(tx, run.id));
  let userId = last !== null && !last.isPlanned ? last.userId : await userAfter(input, last?.userId ?? "");
  for (let renewedAt = performance.now(); userId !== null; ) {
    if (remainingMs() < MARGIN_MS) return { laterInMs: 0 };
    if (performance.now() - renewedAt > RENEW_EVERY_MS) {
      await asLedger(context.db, (tx) => renewLease(tx, task, plan.limits.leaseMs));
      renewedAt = performance.now();
    }
    if (await planPage(scope, userId)) userId = await userAfter(input, userId);
  }
  return { save: () => Promise.resolve({}) };
}

/** Counts what a run would do: calls nobody, and writes nothing but these numbers. */
async function dryRun(input: PlanInput): ReturnType<PlanStep["work"]> {
  const scope = await scopeOf(input);
  const totals: Totals = { users: 0 };
  for (let userId = await userAfter(input, ""); userId !== null; userId = await userAfter(input, userId)) {
    totals.users = (totals.users ?? 0) + 1;
    const counts = await dryPlanUser(scope, userId);
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value;
  }
  return { save: () => Promise.resolve(totals) };
}

async function scopeOf({ context, run }: PlanInput): Promise<PlanScope> {
  const gone = await asLedger(context.db, (tx) => vanishedInAll(tx));
  return { context, run, tooManyInAll: areTooManyInAll(gone) };
}

/** The next user in the order of their ids: of those that were asked for, or of all. */
async function userAfter({ context, run }: PlanInput, userId: string): Promise<string | null> {
  const asked = usersAskedAfter(run, userId);
  return asked === null ? asLedger(context.db, (tx) => nextUser(tx, userId)) : (asked[0] ?? null);
}
