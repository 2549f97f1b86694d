import { asLedger } from "@noctuary/db/access";
import { budgetsOf } from "@noctuary/db/budget/budget-month";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { lastPlannedUser } from "@noctuary/db/ledger/run-user";
import { renewLease } from "@noctuary/db/ledger/task";
import { usersAfter, vanishedInAll } from "@noctuary/db/notes/note-changes";
import { dryTotal } from "../budget/dry-budget.ts";
import { limitsFor, type PlanStep } from "../job.ts";
import { sendOutbox } from "../runtime/send-outbox.ts";
import { usersAskedAfter } from "../runtime/users-asked.ts";
import { carryOutForgets } from "./carry-out-forgets.ts";
import { endRetention } from "./end-retention.ts";
import { dryPlanUser, type PlanScope, planPage } from "./plan-user.ts";
import { withReadableNotes } from "./readable-notes.ts";
import { areTooManyInAll } from "./withhold-deletions.ts";

type PlanInput = Parameters<PlanStep["work"]>[0];

/** So much is left of the function's time when the plan stops and goes on through its queue. */
const MARGIN_MS = 20_000;
const RENEW_EVERY_MS = 10_000;
const USERS_PER_READ = 100;
/** Embed workers begin with the first users while the last ones are planned. */
const SEND_EVERY_MS = 1_000;

/**
 * Finds what is new, changed, excluded or gone, one user after another in keyset pages. Where it stands lies in
 * `run_user`: stopped or killed anywhere, it goes on after the last page that was committed.
 */
export const plan: PlanStep = {
  slug: "plan",
  queue: "nightly-cluster",
  limits: limitsFor(300, 1),
  work: (input) =>
    withReadableNotes(input, () => (input.run.options.dryRun === true ? dryRun(input) : planUsers(input))),
};

async function planUsers(input: PlanInput): ReturnType<PlanStep["work"]> {
  const { context, run, task, remainingMs } = input;
  await carryOutForgets(context, { actor: plan.slug, runId: run.id, at: run.asOf });
  await endRetention(context, () => remainingMs() > MARGIN_MS);
  const scope = await scopeOf(input);
  let renewedAt = performance.now();
  let sentAt = performance.now();
  for await (const userId of usersToPlan(input)) {
    do {
      if (remainingMs() < MARGIN_MS) return { laterInMs: 0 };
      if (performance.now() - renewedAt > RENEW_EVERY_MS) {
        await asLedger(context.db, (tx) => renewLease(tx, task, plan.limits.leaseMs));
        renewedAt = performance.now();
      }
    } while (!(await planPage(scope, userId)));
    // Not in the middle of a user, whose last task may still become longer.
    if (performance.now() - sentAt > SEND_EVERY_MS) {
      await sendOutbox(context);
      sentAt = performance.now();
    }
  }
  return { save: () => Promise.resolve({}) };
}

/** From where an earlier try has come to. */
async function* usersToPlan(input: PlanInput): AsyncGenerator<string> {
  const last = await asLedger(input.context.db, (tx) => lastPlannedUser(tx, input.run.id));
  if (last !== null && !last.isPlanned) yield last.userId;
  yield* usersFrom(input, last?.userId ?? "");
}

/** Counts what a run would do: calls nobody, and writes nothing but these numbers. */
async function dryRun(input: PlanInput): ReturnType<PlanStep["work"]> {
  const scope = await scopeOf(input);
  const totals: Totals = { users: 0 };
  for await (const userId of usersFrom(input, "")) {
    totals.users = (totals.users ?? 0) + 1;
    const counts = await dryPlanUser(scope, userId);
    for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value;
  }
  const budgets = await asLedger(input.context.db, (tx) => budgetsOf(tx, "", input.context.budgets));
  Object.assign(totals, dryTotal(budgets));
  return { save: () => Promise.resolve(totals) };
}

async function scopeOf({ context, run }: PlanInput): Promise<PlanScope> {
  const gone = await asLedger(context.db, (tx) => vanishedInAll(tx));
  return { context, run, tooManyInAll: areTooManyInAll(gone) };
}

/** The users after one, in the order of their ids: those that were asked for, or all. */
async function* usersFrom({ context, run }: PlanInput, userId: string): AsyncGenerator<string> {
  const asked = usersAskedAfter(run, userId);
  if (asked !== null) {
    yield* asked;
    return;
  }
  for (let afterId: string | undefined = userId; afterId !== undefined; ) {
    const after: string = afterId;
    const users = await asLedger(context.db, (tx) => usersAfter(tx, after, USERS_PER_READ));
    yield* users;
    afterId = users.at(-1);
  }
}
