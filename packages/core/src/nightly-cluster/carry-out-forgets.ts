import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { forgetNotes, takeForgetRequests, usersToForget } from "@noctuary/db/notes/forget";
import { anonymiseUsage, forgetUser, keepOut } from "@noctuary/db/notes/note";
import type { Context } from "../context.ts";

const USERS_PER_READ = 100;

export interface Forgotten {
  users: number;
  notes: number;
}

/**
 * Carries out what apps asked to be forgotten, user by user, each in a transaction of its own with its request. A user of
 * whom notes can still be read is kept out of the nights from now on: else they would be derived again.
 */
export async function carryOutForgets(
  context: Pick<Context, "db">,
  { actor, runId, at }: { actor: string; runId?: string; at: Date },
): Promise<Forgotten> {
  const done: Forgotten = { users: 0, notes: 0 };
  for (let after = ""; ; ) {
    const users = await asLedger(context.db, (tx) => usersToForget(tx, after, USERS_PER_READ));
    for (const userId of users) {
      const { wholeUser, notes } = await asUser(context.db, userId, async (tx) => {
        const { wholeUser, noteIds } = await takeForgetRequests(tx, userId);
        const counts = wholeUser ? await forgetUser(tx, userId) : await forgetNotes(tx, userId, noteIds, at);
        if (wholeUser) await keepOut(tx, userId);
        const action = wholeUser ? "user forgotten" : "notes forgotten";
        await audit(tx, { userId, actor, ...(runId === undefined ? {} : { runId }), action, counts });
        return { wholeUser, notes: wholeUser ? 0 : noteIds.length };
      });
      if (wholeUser) await asLedger(context.db, (tx) => anonymiseUsage(tx, userId));
      done.users += wholeUser ? 1 : 0;
      done.notes += notes;
    }
    if (users.length < USERS_PER_READ) return done;
    after = users.at(-1)!;
  }
}
