import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";
import type { TestProject } from "vitest/node";

/** Makes one migrated database on the server, for each test file to copy. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.NOCTUARY_TEST_DATABASE_URL!;
  const name = `noctuary_test_${process.pid}_${Date.now().toString(36)}`;
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  // It sorts as people do, small letters beside capital ones, as a cloud's does; the embedded one goes by bytes.
  await admin.query(`create database ${name} template template0 locale_provider icu icu_locale 'en-US'`);
  const db = openDatabase({ url: urlOfDatabase(url, name), maxConnections: 1 });
  await migrate(db);
  await db.close();
  project.provide("template", { kind: "server", url, name });
  return async () => {
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  };
}

function urlOfDatabase(url: string, name: string): string {
  return Object.assign(new URL(url), { pathname: `/${name}` }).href;
}
