import { asLedger } from "@noctuary/db/access";
import { budgetsOf } from "@noctuary/db/budget/budget-month";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { lastRunUser, unplannedUsers } from "@noctuary/db/ledger/run-user";
import { renewLease } from "@noctuary/db/ledger/task";
import { usersAfter, vanishedInAll } from "@noctuary/db/notes/note-changes";
import { dryTotal } from "../budget/dry-budget.ts";
import { limitsFor, type PlanStep } from "../job.ts";
import { sendOutbox } from "../runtime/send-outbox.ts";
import { usersAskedAfter } from "../runtime/users-asked.ts";
import { carryOutForgets } from "./carry-out-forgets.ts";
import { endRetention } from "./end-retention.ts";
import { planNewNotes } from "./plan-new-notes.ts";
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
  let sentAt = Number.NEGATIVE_INFINITY;
  const renew = async () => {
    if (performance.now() - renewedAt <= RENEW_EVERY_MS) return;
    await asLedger(context.db, (tx) => renewLease(tx, task, plan.limits.leaseMs));
    renewedAt = performance.now();
  };
  // Not in the middle of a user, whose last task may still become longer.
  const send = async () => {
    if (performance.now() - sentAt <= SEND_EVERY_MS) return;
    await sendOutbox(context);
    sentAt = performance.now();
  };
  for await (const userIds of usersToPlan(input)) {
    if (remainingMs() < MARGIN_MS) return { laterInMs: 0 };
    await renew();
    const others = await planNewNotes(scope, userIds);
    if (others.length < userIds.length) await send();
    for (const userId of others) {
      do {
        if (remainingMs() < MARGIN_MS) return { laterInMs: 0 };
        await renew();
      } while (!(await planPage(scope, userId)));
      await send();
    }
  }
  return { save: () => Promise.resolve({}) };
}

/** From where an earlier try has come to. */
async function* usersToPlan(input: PlanInput): AsyncGenerator<string[]> {
  const { context, run } = input;
  const [begun, last] = await asLedger(context.db, (tx) =>
    Promise.all([unplannedUsers(tx, run.id), lastRunUser(tx, run.id)]),
  );
  if (begun.length > 0) yield begun;
  yield* usersFrom(input, last);
}

/** Counts what a run would do: calls nobody, and writes nothing but these numbers. */
async function dryRun(input: PlanInput): ReturnType<PlanStep["work"]> {
  const scope = await scopeOf(input);
  const totals: Totals = { users: 0 };
  for await (const userIds of usersFrom(input, "")) {
    totals.users = (totals.users ?? 0) + userIds.length;
    for (const userId of userIds) {
      const counts = await dryPlanUser(scope, userId);
      for (const [name, value] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + value;
    }
  }
  const budgets = await asLedger(input.context.db, (tx) => budgetsOf(tx, "", input.context.budgets));
  Object.assign(totals, dryTotal(budgets));
  return { save: () => Promise.resolve(totals) };
}

async function scopeOf({ context, run }: PlanInput): Promise<PlanScope> {
  const gone = await asLedger(context.db, (tx) => vanishedInAll(tx));
  return { context, run, tooManyInAll: areTooManyInAll(gone) };
}

/** The users after one, a page at a time in the order of their ids: those that were asked for, or all. */
async function* usersFrom({ context, run }: PlanInput, userId: string): AsyncGenerator<string[]> {
  for (let after = userId; ; ) {
    const users =
      usersAskedAfter(run, after)?.slice(0, USERS_PER_READ) ??
      (await asLedger(context.db, (tx) => usersAfter(tx, after, USERS_PER_READ)));
    const last = users.at(-1);
    if (last === undefined) return;
    yield users;
    after = last;
  }
}
