import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { socketPath, socketUrl } from "@noctuary/cli/local/socket-directory";
import { WholeBatchPGlite } from "@noctuary/cli/local/whole-batch-pglite";
import { schemaState } from "@noctuary/db/migrate";
import { sql } from "drizzle-orm";
import { readMigrationFiles } from "drizzle-orm/migrator";
import { expect, onTestFinished, test } from "vitest";
import { noctuary, temporaryFolder } from "../cli/noctuary.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const TIMEOUT = { timeout: 900_000 };

async function open(migrated: boolean): Promise<TestDatabase> {
  const database = await openTestDatabase({ migrated });
  onTestFinished(() => database.close());
  return database;
}

/** The command line over a database that its environment names. */
function commandsOver(url: string) {
  const home = temporaryFolder();
  const vault = temporaryFolder();
  writeFileSync(join(vault, "a.md"), "Flour and water.\n");
  const at = (...args: string[]) =>
    noctuary(["--home", home, ...args], { environment: { DATABASE_URL: url } });
  return { at, sync: () => at("sync", vault) };
}

const storedNotes = async (database: TestDatabase) =>
  (await database.query<{ n: number }>("select count(*)::int as n from noctuary.note"))[0]!.n;

test(
  "a database without the schema is told from one that is broken, and `migrate` makes it whole",
  TIMEOUT,
  async () => {
    const database = await open(false);
    const { at, sync } = commandsOver(database.url);
    const early = await sync();
    expect(early).toMatchObject({ code: 1 });
    expect(early.stderr).toContain("has no Noctuary schema yet: run `noctuary migrate`");
    expect(await schemaState(database.db)).toBe("empty");
    expect((await at("migrate")).code).toBe(0);
    const synced = await sync();
    expect(synced.code, synced.stderr).toBe(0);
  },
);

test("an older schema is left alone until `migrate`, which loses no note", TIMEOUT, async () => {
  const database = await open(false);
  await migrateTo(database, -1);
  await putNotes(database, "u", themedNotes(3));
  const { at, sync } = commandsOver(database.url);
  for (const refused of [await sync(), await at("run", "nightly-cluster")]) {
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("has an older schema: run `noctuary migrate`");
  }
  const doctor = await at("doctor");
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(/no +schema +older\n +run `noctuary migrate`/);
  expect(await schemaState(database.db)).toBe("older");

  expect((await at("migrate")).stdout).toMatch(/^Applied 1 of \d+ migrations/);
  expect(await storedNotes(database)).toBe(3);
  const mended = await at("doctor");
  expect(mended.code, mended.stdout).toBe(0);
  expect(mended.stdout).toMatch(/ok +notes +3 notes: 0 embedded.*3 waiting/);
});

test(
  "a newer schema is left alone by every command, and says that this version is the old one",
  TIMEOUT,
  async () => {
    const database = await open(true);
    await putNotes(database, "u", themedNotes(3));
    await database.query("insert into noctuary.migration (hash) values ('of a version to come')");
    const { at, sync } = commandsOver(database.url);
    for (const refused of [await sync(), await at("migrate")]) {
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(/newer version of Noctuary/);
    }
    expect((await at("doctor")).stdout).toMatch(/no +schema +newer\n +run the newer version/);
    expect(await storedNotes(database)).toBe(3);
  },
);

test("a database that lacks pgvector is told so, with what to do", TIMEOUT, async () => {
  const url = await startWithoutPgvector();
  const { at, sync } = commandsOver(url);
  const migrated = await at("migrate");
  expect(migrated.code).toBe(1);
  expect(migrated.stderr).toMatch(
    /pgvector is not installed: ask your provider to enable the extension `vector`/,
  );
  const doctor = await at("doctor");
  expect(doctor.code).toBe(1);
  expect(doctor.stdout).toMatch(/no +pgvector +not installed\n +install pgvector 0\.7 or later/);
  expect((await sync()).stderr).toContain("run `noctuary migrate`");
});

test("a database that is down, or is no database, is said to be so by every command", TIMEOUT, async () => {
  const mute = await listening((socket) => socket.destroy());
  for (const port of [1, mute]) {
    const { at, sync } = commandsOver(`postgres://u:hunter2@127.0.0.1:${port}/x`);
    const [synced, migrated, doctor] = await Promise.all([sync(), at("migrate"), at("doctor")]);
    for (const { code, stdout, stderr } of [synced, migrated, doctor]) {
      expect(code, stderr).toBe(1);
      expect(stdout + stderr).toContain("DATABASE_URL");
      expect(stdout + stderr).not.toContain("hunter2");
    }
    expect(doctor.stdout).toMatch(/no +database/);
  }
});

/** Applies all migrations but the last ones, as an older version would have. */
async function migrateTo({ db }: TestDatabase, end: number): Promise<void> {
  const migrationsFolder = fileURLToPath(new URL("../../packages/db/migrations", import.meta.url));
  await db.drizzle.transaction(async (tx) => {
    await tx.execute(sql`create schema noctuary`);
    await tx.execute(
      sql`create table noctuary.migration (hash text primary key, applied_at timestamptz not null default now())`,
    );
    await tx.execute(sql`create extension if not exists vector schema public`);
    await tx.execute(sql`set local search_path to noctuary, public`);
    for (const file of readMigrationFiles({ migrationsFolder }).slice(0, end)) {
      for (const statement of file.sql) await tx.execute(sql.raw(statement));
      await tx.execute(sql`insert into noctuary.migration (hash) values (${file.hash})`);
    }
  });
}

async function startWithoutPgvector(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "noctuary-"));
  const pglite = new WholeBatchPGlite({ onBroken: () => {} });
  await pglite.waitReady;
  const server = new PGLiteSocketServer({ db: pglite, path: socketPath(directory), maxConnections: 5 });
  await server.start();
  onTestFinished(async () => {
    await server.stop();
    await pglite.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return socketUrl(directory);
}

async function listening(onConnection: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(onConnection);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}
