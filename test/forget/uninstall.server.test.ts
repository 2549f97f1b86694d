import { expect, onTestFinished, test } from "vitest";
import { noctuary, temporaryFolder } from "../cli/noctuary.ts";
import { openTestDatabase } from "../support/test-database.ts";

test("uninstall says what there is, drops nothing without --yes, and with it leaves the app's database as it was", async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  const home = temporaryFolder();
  const cli = (...args: string[]) =>
    noctuary(["--home", home, ...args], { environment: { DATABASE_URL: database.url } });
  await database.query(
    "create table public.notes (id int primary key, user_id int not null, body text, updated_at timestamptz)",
  );
  await database.query("create view public.themes as select name from noctuary.app_cluster");
  expect((await cli("attach", "public.notes")).code).toBe(0);

  const asked = await cli("uninstall");
  expect(asked.code).toBe(1);
  expect(asked.stdout).toMatch(/schema noctuary: \d+ tables/);
  expect(asked.stdout).toContain("own_note (");
  expect(asked.stderr).toContain("your own view themes is made on it");
  expect(await database.query("select to_regnamespace('noctuary') is not null as there")).toEqual([
    { there: true },
  ]);

  const dropped = await cli("uninstall", "--yes");
  expect(dropped.code, dropped.stderr).toBe(0);
  expect(dropped.stdout).toContain("Dropped, all of it");
  expect(
    await database.query(`select relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname in ('noctuary', 'public') and relkind in ('r', 'v')`),
  ).toEqual([{ relname: "notes" }]);
  expect((await cli("uninstall", "--yes")).code).toBe(0);
});
