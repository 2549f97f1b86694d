import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vector } from "@electric-sql/pglite-pgvector";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { socketPath, socketUrl } from "@noctuary/cli/local/socket-directory";
import { WholeBatchPGlite } from "@noctuary/cli/local/whole-batch-pglite";
import { type Database, openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";
import { inject } from "vitest";

export type Template = { kind: "embedded"; path: string } | { kind: "server"; url: string; name: string };

declare module "vitest" {
  interface ProvidedContext {
    template: Template;
  }
}

/** A database of this test file's own, gone when it is closed. */
export interface TestDatabase {
  kind: Template["kind"];
  /** As superuser: row-level security does not hold for it, only for the roles that a transaction takes on. */
  url: string;
  db: Database;
  /** One statement as superuser, past all policies. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** Removes all rows of all tables; identity columns go on counting. */
  empty(): Promise<void>;
  /** Remembers all rows; what it returns brings exactly them back, as often as it is called. */
  keep(): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Opens a copy of the migrated template; with `empty`, a database without Noctuary's schema. */
export async function openTestDatabase({
  migrated = true,
  maxConnections = 6,
}: {
  migrated?: boolean;
  maxConnections?: number;
} = {}): Promise<TestDatabase> {
  const template = inject("template");
  const { url, drop } = await (template.kind === "embedded"
    ? startEmbedded(template.path, migrated)
    : createOnServer(template, migrated));
  return testDatabaseAt(url, { kind: template.kind, maxConnections, drop });
}

/** A database on a server that is the test's own, migrated. It goes with its server. */
export async function openDatabaseOn(serverUrl: string): Promise<TestDatabase> {
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query("create database own");
  await admin.end();
  const url = Object.assign(new URL(serverUrl), { pathname: "/own" }).href;
  const database = testDatabaseAt(url, { kind: "server", maxConnections: 6, drop: async () => {} });
  await migrate(database.db);
  return database;
}

function testDatabaseAt(
  url: string,
  {
    kind,
    maxConnections,
    drop,
  }: { kind: Template["kind"]; maxConnections: number; drop: () => Promise<void> },
): TestDatabase {
  const db = openDatabase({ url, maxConnections });
  const query = async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
    (await db.pool.query<Row>(text, values)).rows;
  /** `run` first: others refer to it. */
  const tables = async () =>
    (
      await query<{ tablename: string }>(
        `select tablename from pg_tables where schemaname = 'noctuary' and tablename <> 'migration'
         order by tablename <> 'run', tablename`,
      )
    ).map(({ tablename }) => tablename);
  const empty = async () => {
    // Not truncate: on a server that makes new files and waits for the disk.
    await query((await tables()).map((table) => `delete from noctuary.${table};`).join("\n"));
  };
  return {
    kind,
    url,
    db,
    query,
    empty,
    async keep() {
      await query("drop schema if exists kept cascade");
      await query("create schema kept");
      const all = await tables();
      const filled: string[] = [];
      for (const table of all) {
        await query(`create table kept.${table} as table noctuary.${table}`);
        if ((await query(`select 1 from kept.${table} limit 1`)).length > 0) filled.push(table);
      }
      // Sent as one, which makes it one transaction: whoever is still at work meanwhile sees all of it or nothing.
      const bringBack = [
        ...all.map((table) => `delete from noctuary.${table}`),
        // What edits set off has happened already.
        "alter table noctuary.cluster_edit disable trigger user",
        ...filled.map((table) => `insert into noctuary.${table} overriding system value table kept.${table}`),
        "alter table noctuary.cluster_edit enable trigger user",
      ].join(";\n");
      return async () => {
        await query(bringBack);
      };
    },
    async close() {
      await db.close();
      await drop();
    },
  };
}

async function startEmbedded(path: string, migrated: boolean) {
  const directory = mkdtempSync(join(tmpdir(), "noctuary-"));
  const broken: unknown[] = [];
  const pglite = new WholeBatchPGlite({
    extensions: { vector },
    ...(migrated ? { loadDataDir: new Blob([readFileSync(path)]) } : {}),
    onBroken: (error) => broken.push(error),
  });
  await pglite.waitReady;
  const server = new PGLiteSocketServer({ db: pglite, path: socketPath(directory), maxConnections: 50 });
  await server.start();
  return {
    url: socketUrl(directory),
    async drop() {
      await server.stop();
      await pglite.close();
      rmSync(directory, { recursive: true, force: true });
      if (broken.length > 0) throw new Error("the embedded database broke down", { cause: broken[0] });
    },
  };
}

let created = 0;

async function createOnServer({ url, name }: Extract<Template, { kind: "server" }>, migrated: boolean) {
  const own = `${name}_${process.pid}_${created++}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`create database ${own}${migrated ? ` template ${name}` : ""}`);
  await admin.query(`alter database ${own} set synchronous_commit to off`); // nobody pulls the plug here
  return {
    url: Object.assign(new URL(url), { pathname: `/${own}` }).href,
    async drop() {
      await admin.query(`drop database ${own} with (force)`);
      await admin.end();
    },
  };
}
