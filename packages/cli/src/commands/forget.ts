import { carryOutForgets } from "@noctuary/core/nightly-cluster/carry-out-forgets";
import { forgetWholeUser } from "@noctuary/core/nightly-cluster/forget-whole-user";
import { asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { forgetNotes, stillReadable } from "@noctuary/db/notes/forget";
import { notesOf } from "@noctuary/db/notes/note";
import { EXIT, UsageError } from "../exit.ts";
import { embeddingModel } from "../overview.ts";
import { count } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export interface ForgetOptions extends GlobalOptions {
  requested?: boolean;
}

/**
 * `noctuary forget NOTE...`, `forget --user U`, `forget --requested`: at once, everything that was derived from some notes,
 * a user's notes with everything derived, or what an app has asked for by rows.
 */
export async function forget(notes: string[], options: ForgetOptions, terminal: Terminal): Promise<number> {
  const isRequested = options.requested === true;
  if (isRequested && (notes.length > 0 || options.user !== undefined))
    throw new UsageError("--requested carries out all requests: give it no note and no user");
  if (!isRequested && notes.length === 0 && options.user === undefined)
    throw new UsageError(
      "say what to forget: `noctuary forget NOTE...`, or a whole user: `noctuary forget --user ID`",
    );
  const session = await openSession(options, terminal);
  try {
    if (isRequested) return await forgetRequested(session);
    const userId = await chooseUser(session, options);
    return notes.length > 0 ? await forgetSome(session, userId, notes) : await forgetAll(session, userId);
  } finally {
    await session.close();
  }
}

async function forgetAll({ db, terminal }: Session, userId: string): Promise<number> {
  const { removed, isKeptOut } = await forgetWholeUser({ db }, userId, { actor: "forget" });
  terminal.json({ userId, removed, keptOut: isKeptOut });
  terminal.line(
    `Forgotten: ${userId}. Removed ${Object.entries(removed)
      .map(([table, rows]) => `${rows} ${table}`)
      .join(", ")}.`,
  );
  if (isKeptOut)
    terminal.line(
      "The app still shows notes of theirs: AI is off for this user, so no night reads them again.",
    );
  terminal.line("Your own files were not touched; the audit keeps that it happened, and when.");
  return EXIT.done;
}

async function forgetSome(session: Session, userId: string, matches: string[]): Promise<number> {
  const { db, terminal } = session;
  const { noteIds, removed, readable } = await asUser(db, userId, async (tx) => {
    const noteIds: string[] = [];
    for (const match of matches) {
      const found = await notesOf(tx, embeddingModel(session), userId, { match, limit: 2 });
      if (found.length > 1) throw new UsageError(`${match} is several notes: give more of its id`);
      noteIds.push(found[0]?.id ?? match); // one that is deleted is known by its id alone
    }
    const removed = await forgetNotes(tx, userId, noteIds, new Date());
    await audit(tx, { userId, actor: "forget", action: "notes forgotten", counts: removed });
    return { noteIds, removed, readable: await stillReadable(tx, userId, noteIds) };
  });
  terminal.json({ userId, notes: noteIds, removed, stillReadable: readable });
  terminal.line(
    `Forgotten: everything that was derived from ${count(noteIds.length, "note")}. Topics that lost one are named anew by the next night.`,
  );
  if (readable.length > 0) {
    terminal.warn(
      `${readable.join(", ")}: still there, so the next night reads it again. Delete it, or keep it out (ai: false in its file, the exclusion flag in an app).`,
    );
    return EXIT.partial;
  }
  return EXIT.done;
}

async function forgetRequested({ db, terminal }: Session): Promise<number> {
  const done = await carryOutForgets({ db }, { actor: "forget", at: new Date() });
  terminal.json(done);
  terminal.line(
    `Forgotten as requested: ${count(done.users, "user")}, ${count(done.notes, "note")} of others.`,
  );
  return EXIT.done;
}
