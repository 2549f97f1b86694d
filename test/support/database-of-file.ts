import type pg from "pg";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { openTestDatabase, type TestDatabase } from "./test-database.ts";

/**
 * A database for all tests of a file: opened before the first, closed after the last. To be called once, at the top of
 * the file, before its own hooks; it is there once these run.
 */
export function databaseOfFile(): TestDatabase {
  let opened: TestDatabase | undefined;
  beforeAll(async () => {
    opened = await openTestDatabase();
  });
  afterAll(() => opened?.close());
  const there = () => {
    if (opened === undefined)
      throw new Error("the file's database is opened before its first test, not before");
    return opened;
  };
  return {
    get kind() {
      return there().kind;
    },
    get url() {
      return there().url;
    },
    get db() {
      return there().db;
    },
    query: <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      there().query<Row>(text, values),
    empty: () => there().empty(),
    keep: () => there().keep(),
    close: () => there().close(),
  };
}

/** As `databaseOfFile`, and emptied before each test. */
export function emptiedDatabase(): TestDatabase {
  const database = databaseOfFile();
  beforeEach(() => database.empty());
  return database;
}
