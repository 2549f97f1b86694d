import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { forgetNotes, takeNotesToForget, usersToForget } from "@noctuary/db/notes/forget";
import type { Context } from "../context.ts";
import { forgetWholeUser } from "./forget-whole-user.ts";

const USERS_PER_READ = 100;

export interface Forgotten {
  users: number;
  notes: number;
}

/** Carries out what apps asked to be forgotten, user by user, each request in the transaction that removes it. */
export async function carryOutForgets(
  context: Pick<Context, "db">,
  { actor, runId, at }: { actor: string; runId?: string; at: Date },
): Promise<Forgotten> {
  const by = { actor, ...(runId === undefined ? {} : { runId }) };
  const done: Forgotten = { users: 0, notes: 0 };
  for (let after = ""; ; ) {
    const page = await asLedger(context.db, (tx) => usersToForget(tx, after, USERS_PER_READ));
    for (const { userId, wholeUser } of page) {
      if (wholeUser) {
        await forgetWholeUser(context, userId, by);
        done.users += 1;
      } else done.notes += await forgetAskedNotes(context, userId, at, by);
    }
    if (page.length < USERS_PER_READ) return done;
    after = page.at(-1)!.userId;
  }
}

async function forgetAskedNotes(
  { db }: Pick<Context, "db">,
  userId: string,
  at: Date,
  by: { actor: string; runId?: string },
): Promise<number> {
  return asUser(db, userId, async (tx) => {
    const noteIds = await takeNotesToForget(tx, userId);
    const counts = await forgetNotes(tx, userId, noteIds, at);
    await audit(tx, { userId, ...by, action: "notes forgotten", counts });
    return noteIds.length;
  });
}
