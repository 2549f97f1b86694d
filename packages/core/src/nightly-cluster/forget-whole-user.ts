import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { forgetUserInRuns } from "@noctuary/db/ledger/retention";
import { anonymiseUsage, forgetUser, keepOut } from "@noctuary/db/notes/note";
import type { Context } from "../context.ts";

export interface ForgottenUser {
  /** Rows by table. */
  removed: Record<string, number>;
  /** Notes of the user can still be read, so they are kept out of the nights from now on: else they would be derived again. */
  isKeptOut: boolean;
}

/** Forgets a user, with every request of theirs for it. Interrupted, it is carried out again: the requests go last. */
export async function forgetWholeUser(
  { db }: Pick<Context, "db">,
  userId: string,
  { actor, runId }: { actor: string; runId?: string },
): Promise<ForgottenUser> {
  await asLedger(db, async (tx) => {
    await forgetUserInRuns(tx, userId);
    await anonymiseUsage(tx, userId);
  });
  return asUser(db, userId, async (tx) => {
    const removed = await forgetUser(tx, userId);
    const isKeptOut = await keepOut(tx, userId);
    const action = "user forgotten";
    await audit(tx, { userId, actor, ...(runId === undefined ? {} : { runId }), action, counts: removed });
    return { removed, isKeptOut };
  });
}
