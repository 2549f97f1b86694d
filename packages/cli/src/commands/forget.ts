import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { anonymiseUsage, forgetUser } from "@noctuary/db/notes/note";
import { EXIT, UsageError } from "../exit.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import type { Terminal } from "../terminal.ts";

/** `noctuary forget --user U`: removes a user's notes and everything that was derived from them, at once. */
export async function forget(options: GlobalOptions, terminal: Terminal): Promise<number> {
  if (options.user === undefined) throw new UsageError("say whom to forget: `noctuary forget --user ID`");
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const removed = await asUser(session.db, userId, async (tx) => {
      const removed = await forgetUser(tx, userId);
      await audit(tx, { userId, actor: "forget", action: "user forgotten", counts: removed });
      return removed;
    });
    await asLedger(session.db, (tx) => anonymiseUsage(tx, userId));
    terminal.json({ userId, removed });
    terminal.line(
      `Forgotten: ${userId}. Removed ${Object.entries(removed)
        .map(([table, rows]) => `${rows} ${table}`)
        .join(", ")}.`,
    );
    terminal.line("Your own files were not touched; the audit keeps that it happened, and when.");
    return EXIT.done;
  } finally {
    await session.close();
  }
}
