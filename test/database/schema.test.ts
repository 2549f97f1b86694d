import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as account from "@noctuary/db/account/account.sql";
import * as budget from "@noctuary/db/budget/budget-month.sql";
import * as clusters from "@noctuary/db/clusters/clusters.sql";
import * as keptNeighbours from "@noctuary/db/clusters/kept-neighbours.sql";
import * as comparedCost from "@noctuary/db/comparison/compared-cost.sql";
import * as comparison from "@noctuary/db/comparison/compared-night.sql";
import * as insights from "@noctuary/db/insights/insights.sql";
import * as ledger from "@noctuary/db/ledger/ledger.sql";
import * as trial from "@noctuary/db/notes/embedding-trial.sql";
import * as forget from "@noctuary/db/notes/forget.sql";
import * as notes from "@noctuary/db/notes/notes.sql";
import * as provider from "@noctuary/db/provider/provider-state.sql";
import * as stacks from "@noctuary/db/stacks/stacks.sql";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const tables = [
  ledger,
  notes,
  forget,
  comparison,
  comparedCost,
  trial,
  clusters,
  keptNeighbours,
  account,
  stacks,
  insights,
  provider,
  budget,
]
  .flatMap((module) => Object.values<unknown>(module))
  .filter((value) => value instanceof PgTable)
  .map((table) => getTableConfig(table as PgTable));

const database = databaseOfFile();

// The plan tells from the key alone which notes have changed. Drizzle's schema cannot say it.
test("the key of the vectors holds which version of a note was seen", async () => {
  const [key] = await database.query(
    "select pg_get_indexdef(indexrelid) as def from pg_index where indrelid = 'noctuary.note_embedding'::regclass and indisprimary",
  );
  expect(key!.def).toMatch(/\(user_id, note_id, model, dimensions\) INCLUDE \(seen_updated_at\)$/);
});

test("the migrated tables have the columns that the code declares", async () => {
  const declared = tables.flatMap(({ name, columns }) =>
    columns.map((column) => ({
      name: `${name}.${column.name}`,
      type: column.getSQLType().replace(' collate "C"', "").replace(", ", ","),
      required: column.notNull,
      collation: column.getSQLType().includes('collate "C"') ? "C" : null,
    })),
  );
  const migrated = await database.query(`
    select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as required, (select collname from pg_collation where oid = a.attcollation and collname = 'C') as collation
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    where c.relnamespace = 'noctuary'::regnamespace and c.relkind = 'r' and c.relname <> 'migration'
      and a.attnum > 0 and not a.attisdropped`);
  const inOrder = (rows: { name: string }[]) => rows.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  expect(inOrder(migrated as { name: string }[])).toEqual(inOrder(declared));
});

test("the migrated tables have the indexes that the code declares", async () => {
  const declared = tables.flatMap(({ name, indexes }) =>
    indexes.map(({ config }) => `${name}.${config.name}${config.unique ? " unique" : ""}`),
  );
  const migrated = await database.query<{ name: string }>(`
    select t.relname || '.' || i.relname || case when x.indisunique then ' unique' else '' end as name
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    where t.relnamespace = 'noctuary'::regnamespace and not x.indisprimary`);
  expect(migrated.map(({ name }) => name).sort()).toEqual(declared.sort());
});

test("no migration is missing: drizzle-kit would generate none", () => {
  const directory = mkdtempSync(join(tmpdir(), "noctuary-migrations-"));
  try {
    cpSync(join(project, "packages/db/migrations"), directory, { recursive: true });
    const before = readdirSync(directory).sort();
    // A relative folder: drizzle-kit puts "./" before it, and calls it success when it then finds nothing.
    const options = [
      "--dialect=postgresql",
      "--schema=packages/db/src/**/*.sql.ts",
      `--out=${relative(project, directory)}`,
    ];
    const output = execFileSync(join(project, "node_modules/.bin/drizzle-kit"), ["generate", ...options], {
      cwd: project,
      encoding: "utf8",
    });
    expect(output).toContain("No schema changes");
    expect(readdirSync(directory).sort()).toEqual(before);
  } finally {
    rmSync(directory, { recursive: true });
  }
});
