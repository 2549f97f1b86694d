import { migrate as migrateDatabase } from "@noctuary/db/migrate";
import { EXIT } from "../exit.ts";
import { count } from "../render/words.ts";
import { type GlobalOptions, openSession, requireDatabase } from "../session.ts";
import type { Terminal } from "../terminal.ts";

/** `noctuary migrate`: brings the schema up to this version. */
export async function migrate(options: GlobalOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal, { needsSchema: false });
  try {
    await requireDatabase(session.db);
    const report = await migrateDatabase(session.db);
    terminal.json(report);
    terminal.line(
      report.applied === 0
        ? `The schema is up to date (${count(report.total, "migration")}).`
        : `Applied ${report.applied} of ${count(report.total, "migration")}.`,
    );
    return EXIT.done;
  } finally {
    await session.close();
  }
}
