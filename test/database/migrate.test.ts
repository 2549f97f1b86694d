import { fork } from "node:child_process";
import { once } from "node:events";
import { type MigrationReport, migrate, schemaState } from "@noctuary/db/migrate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({ migrated: false });
});
afterAll(() => database.close());

test("an empty database is empty until it is migrated, and current after", async () => {
  expect(await schemaState(database.db)).toBe("empty");
  const processes = Array.from({ length: 3 }, () =>
    fork(new URL("../support/migrate-process.ts", import.meta.url), [database.url], { execArgv: [] }),
  );
  await Promise.all(processes.map((process) => once(process, "message")));
  const reports = processes.map(async (process) => {
    process.send("migrate");
    const [report] = (await once(process, "message")) as [MigrationReport];
    return report.applied;
  });

  const applied = (await Promise.all(reports)).sort();
  const { total } = await migrate(database.db);
  expect(applied, "three processes at once: one migrates, the others find it done").toEqual([0, 0, total]);
  expect(await schemaState(database.db)).toBe("current");
});

test("migrating again applies nothing", async () => {
  expect(await migrate(database.db)).toMatchObject({ applied: 0 });
});

test("a migration that fails leaves nothing behind, and the next one makes it whole", async () => {
  await database.query("drop schema noctuary cascade");
  await database.query("create schema noctuary");
  await database.query("create table noctuary.cluster_event (in_the_way int)");
  await expect(migrate(database.db)).rejects.toThrow();
  const tables = await database.query("select tablename from pg_tables where schemaname = 'noctuary'");
  expect(tables).toEqual([{ tablename: "cluster_event" }]);

  await database.query("drop table noctuary.cluster_event");
  const report = await migrate(database.db);
  expect(report.applied).toBe(report.total);
});

test("a schema of a newer version is refused and left alone", async () => {
  await database.query("insert into noctuary.migration (hash) values ('of a version to come')");
  expect(await schemaState(database.db)).toBe("newer");
  await expect(migrate(database.db)).rejects.toMatchObject({ name: "SchemaError", code: "newer_schema" });
});
