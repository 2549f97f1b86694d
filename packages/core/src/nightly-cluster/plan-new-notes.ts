import { randomUUID } from "node:crypto";
import { asLedger, type LedgerTransaction } from "@noctuary/db/access";
import { auditAll, saveHashedOn } from "@noctuary/db/account/account";
import { addRunUsers, noCounts } from "@noctuary/db/ledger/run-user";
import { addTasks } from "@noctuary/db/ledger/task";
import { type UserWithNewNotes, usersWithNewNotes } from "@noctuary/db/notes/new-notes";
import { dateOfDay, dayNumberOf } from "../local-date.ts";
import { type PlanScope, REHASH_DAYS } from "./plan-user.ts";
import { EMBED, type EmbedPayload } from "./steps.ts";

/** Even of long notes so few take less than a task may hold, and less than a page of a plan. */
const MOST_NOTES = 1_000;

/**
 * Plans those of these users at once of whom nothing but new notes is to be told: the first night of many, and most nights
 * of most small accounts where something was written. Ids and times are enough for that, so it is the ledger's work, and
 * one transaction for all of them (a transaction each took 45 s for 5,000 users). Returns the users that are left to be
 * looked at one by one; where some were planned they are part of the run by then, so that a plan that is killed now comes
 * back to them.
 */
export async function planNewNotes(scope: PlanScope, userIds: readonly string[]): Promise<readonly string[]> {
  const { context, run } = scope;
  if (run.options.full === true) return userIds;
  const { planPageNotes, embedBatchNotes } = context.limits;
  const asked = {
    runId: run.id,
    userIds,
    maxNotes: Math.min(MOST_NOTES, planPageNotes, embedBatchNotes + 1),
    hashedBefore: dateOfDay(dayNumberOf(run.localDate) - REHASH_DAYS),
  };
  const work = async (tx: LedgerTransaction) => {
    const users = await usersWithNewNotes(tx, context.embedder, asked);
    if (users.length === 0) return userIds;
    const found = new Map(users.map((user) => [user.userId, user]));
    const added = await addRunUsers(
      tx,
      run.id,
      userIds.map((userId) => runUserOf(userId, found.get(userId))),
    );
    // Another planner may have been faster.
    const planned = users.filter(({ userId }) => added.has(userId));
    const hashed = planned.filter(({ isHashDue }) => isHashDue).map(({ userId }) => userId);
    await Promise.all([
      saveHashedOn(tx, hashed, run.localDate),
      addTasks(
        tx,
        planned.map((user) => embedTaskOf(user, run.id)),
      ),
      auditAll(
        tx,
        planned.map(({ userId, live, new: fresh }) => ({
          userId,
          actor: "plan",
          runId: run.id,
          action: "notes compared",
          counts: { live, new: fresh, changed: 0, vanished: 0 },
        })),
      ),
    ]);
    return userIds.filter((userId) => !found.has(userId));
  };
  return asLedger(context.db, work, { mayBeLost: true });
}

function runUserOf(userId: string, found: UserWithNewNotes | undefined) {
  if (found === undefined)
    return { userId, cursor: "", counts: noCounts, isPlanned: false, needsCluster: false };
  const { live, excluded, new: fresh, lastId } = found;
  const counts = { ...noCounts, live, excluded, new: fresh, unchanged: live - fresh };
  return { userId, cursor: lastId, counts, isPlanned: true, needsCluster: true };
}

function embedTaskOf({ userId, firstNewId, lastNewId, new: notes }: UserWithNewNotes, runId: string) {
  const payload: EmbedPayload = { firstId: firstNewId, lastId: lastNewId, notes };
  return { id: randomUUID(), runId, step: EMBED, queue: EMBED, userId, payload };
}
