import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { noctuary } from "../cli/noctuary.ts";
import type { TestDatabase } from "../support/test-database.ts";

/** Every column of every table of the schema, as the catalogue has them, in which a word stands. */
export async function columnsWith({ query }: TestDatabase, word: string): Promise<string[]> {
  const columns = await query<{ table: string; column: string; type: string }>(`
    select c.relname as table, a.attname as column, a.atttypid::regtype::text as type
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'noctuary'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped`);
  const found: string[] = [];
  for (const { table, column, type } of columns) {
    const isThere =
      type === "bytea"
        ? `position(convert_to($1, 'UTF8') in "${column}") > 0`
        : `"${column}"::text ilike '%' || $1 || '%'`;
    const rows = await query(`select 1 from noctuary."${table}" where ${isThere} limit 1`, [word]);
    if (rows.length > 0) found.push(`${table}.${column}`);
  }
  say(
    `  "${word}" in ${new Set(columns.map(({ table }) => table)).size} tables, ${columns.length} columns: ${listed(found)}`,
  );
  return found.sort();
}

/** What a person is shown of one user, by command. */
const SHOWN = [[], ["stacks"], ["notes"], ["insights", "--md"], ["insights", "--html"]];

/** The commands, and the exported pages, that show a word of a user's notes. */
export async function shownWith(
  run: (...args: string[]) => ReturnType<typeof noctuary>,
  { home, user, word }: { home: string; user: string; word: string },
): Promise<string[]> {
  const found: string[] = [];
  for (const args of SHOWN) {
    // One that has nothing to show any more says so and fails; what it says is searched as well.
    const { stdout, stderr } = await run(...args, "--user", user);
    if (`${stdout}${stderr}`.toLowerCase().includes(word)) found.push(`noctuary ${args.join(" ")}`.trim());
  }
  const folder = join(home, "pages");
  rmSync(folder, { recursive: true, force: true });
  const { code, stderr } = await run("export", folder, "--user", user);
  expect(code, stderr).toBe(0);
  const pages = readdirSync(folder).filter((file) =>
    `${file}\n${readFileSync(join(folder, file), "utf8")}`.toLowerCase().includes(word),
  );
  if (pages.length > 0) found.push("export");
  say(
    `  "${word}" in ${SHOWN.length} commands, ${readdirSync(folder).length} exported pages: ${listed(found)}`,
  );
  return found;
}

/** The files in which a word stands: logs, events. */
export function filesWith(files: readonly string[], word: string): string[] {
  const there = files.filter((file) => existsSync(file));
  const found = there.filter((file) => readFileSync(file, "utf8").toLowerCase().includes(word));
  const bytes = there.reduce((sum, file) => sum + readFileSync(file).length, 0);
  say(`  "${word}" in log and events, ${bytes} bytes in ${there.length} files: ${listed(found)}`);
  return found;
}

/** CANARY_SEARCH=1 prints what was searched, and what stood where. */
export function say(line: string): void {
  if (process.env.CANARY_SEARCH !== undefined) process.stdout.write(`${line}\n`);
}

function listed(found: readonly string[]): string {
  return found.length === 0 ? "nothing" : `found in ${found.join(", ")}`;
}
