import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Installed, installed, uninstall as uninstallSchema } from "@noctuary/db/uninstall";
import { CommandError, EXIT } from "../exit.ts";
import { count } from "../render/words.ts";
import { type GlobalOptions, openSession, requireDatabase, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

export interface UninstallOptions extends GlobalOptions {
  yes?: boolean;
}

/** What Noctuary writes into a home. Settings, notes and exported pages are the person's own. */
const OWN_FILES = ["postgres", "logs", "events.jsonl", "consent.json", "cron-secret", "lock", "lock.json"];

/** `noctuary uninstall`: says what there is, and with `--yes` drops all of it. */
export async function uninstall(options: UninstallOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal, { needsSchema: false });
  let found: Installed | null;
  let keptRoles: string[] = [];
  try {
    await requireDatabase(session.db);
    found = await installed(session.db);
    if (options.yes === true && found !== null && !session.isEmbedded) {
      keptRoles = await uninstallSchema(session.db);
    }
  } finally {
    await session.close();
  }
  const files = ownFiles(session);
  if (options.yes === true) for (const file of files) rmSync(file, { recursive: true, force: true });
  terminal.json({ dropped: options.yes === true, ...found, files, keptRoles });
  if (found === null && files.length === 0) {
    terminal.line("There is nothing of Noctuary here.");
    return EXIT.done;
  }
  sayWhat(terminal, found, files);
  if (options.yes !== true)
    throw new CommandError("nothing was dropped: say --yes to drop all of this for good");
  terminal.line("Dropped, all of it. The extension vector stays: others may use it.");
  if (keptRoles.length > 0)
    terminal.line(
      `${keptRoles.join(", ")} stay: another database of this server uses them, or this login may not drop them. An administrator: \`drop role ${keptRoles.join(", ")}\``,
    );
  return EXIT.done;
}

function sayWhat(terminal: Terminal, found: Installed | null, files: string[]): void {
  if (found !== null) {
    const rows = found.tables.map(({ name, rows }) => `${name} (${rows})`);
    terminal.line(
      `schema noctuary: ${count(found.tables.length, "table")}, ${count(found.views.length, "view")}, ${count(found.functions.length, "function")}`,
    );
    terminal.line(`  tables, with about so many rows: ${rows.join(", ")}`);
    terminal.line(`  views: ${found.views.join(", ")}`);
    terminal.line(`  functions: ${found.functions.join(", ")}`);
    terminal.line("  roles: noctuary_app, noctuary_ledger, noctuary_user");
    for (const dependent of found.dependents)
      terminal.warn(`  your own ${dependent} is made on it, and would go along`);
  }
  for (const file of files) terminal.line(file);
}

function ownFiles({ home }: Session): string[] {
  return OWN_FILES.map((name) => join(home, name)).filter((path) => existsSync(path));
}
