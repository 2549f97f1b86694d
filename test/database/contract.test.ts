import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

const document = readFileSync(fileURLToPath(new URL("../../docs/contract.md", import.meta.url)), "utf8");
const PERMISSION_DENIED = { code: "42501" };
const CHECK_VIOLATION = { code: "23514" };
const FOREIGN_KEY_VIOLATION = { code: "23503" };

const database = databaseOfFile();
let fresh: () => Promise<void>;
beforeAll(async () => {
  for (const user of ["ada", "bob"]) {
    await database.query(
      `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
       select $1, 'n' || i, 'title', 'body', now(), now() from generate_series(1, 4) i`,
      [user],
    );
    await database.query(
      `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, vector, seen_updated_at)
       select $1, 'n' || i, 'm', 3, ('[1,' || i || ',0]')::vector, now() from generate_series(1, 4) i`,
      [user],
    );
    await database.query("insert into noctuary.user_state (user_id, clustered_model) values ($1, 'm/3')", [
      user,
    ]);
    await database.query(
      `insert into noctuary.cluster (user_id, id, level, parent_id, name, named_size, keyphrases, size, born_at) values
         ($1, 'area', 'area', null, 'Home', 4, '{}', 4, now()),
         ($1, 'bread', 'topic', 'area', 'Bread', 3, '{rye}', 3, now()),
         ($1, 'moths', 'topic', 'area', 'Moths', 1, '{}', 1, now())`,
      [user],
    );
    await database.query(
      `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose) values
         ($1, 'n1', 'bread', 0.9, false), ($1, 'n2', 'bread', 0.8, false), ($1, 'n3', 'bread', 0.2, true),
         ($1, 'n4', 'moths', 0.9, false)`,
      [user],
    );
  }
  fresh = await database.keep();
});
beforeEach(() => fresh());

/** Statements in one transaction, as an app's connection sends them for the user who is signed in. */
async function asApp<Row extends pg.QueryResultRow>(userId: string, ...statements: string[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query(
      "select set_config('app.user_id', $1, true), set_config('role', 'noctuary_app', true)",
      [userId],
    );
    let rows: Row[] = [];
    for (const statement of statements) rows = (await client.query<Row>(statement)).rows;
    await client.query("commit");
    return rows;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    await client.end();
  }
}

describe("the shape that apps rely on", () => {
  test("views, functions and writable tables are as version 1 has them", async () => {
    const columns = await database.query(`
      select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
        string_agg(lower(p.privilege_type), ', ' order by p.privilege_type) as "appMay"
      from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      cross join unnest(array['SELECT', 'INSERT', 'UPDATE']) as p(privilege_type)
      where c.relnamespace = 'noctuary'::regnamespace
        and has_column_privilege('noctuary_app', c.oid, a.attnum, p.privilege_type)
        and (c.relname like 'app\\_%' or has_any_column_privilege('noctuary_app', c.oid, 'INSERT, UPDATE'))
      group by 1, 2, c.relname, a.attnum order by c.relname, a.attnum`);
    const functions = await database.query(`
      select proname || '(' || pg_get_function_arguments(oid) || ')' as name, pg_get_function_result(oid) as type
      from pg_proc where pronamespace = 'noctuary'::regnamespace
        and (proname like 'app\\_%' or proname in ('contract_version', 'current_user_id')) order by 1`);
    const version = await database.query("select noctuary.contract_version() as version");
    // A change here breaks apps: raise the version, say it in docs/contract.md, and only then \`vitest -u\`.
    await expect(`${JSON.stringify({ ...version[0], columns, functions }, null, 2)}\n`).toMatchFileSnapshot(
      "contract.json",
    );
  });

  test("docs/contract.md names each view, table and column", async () => {
    const shape: { columns: { name: string }[]; functions: { name: string }[] } = JSON.parse(
      readFileSync(new URL("contract.json", import.meta.url), "utf8"),
    );
    for (const { name } of shape.columns) {
      const [relation, column] = name.split(".");
      expect(document).toContain(`\`${relation}\``);
      expect(document, name).toContain(`\`${column}\``);
    }
    for (const { name } of shape.functions) expect(document).toContain(name.split("(")[0]);
  });

  test("every view of the contract asks with the rights of whoever reads it", async () => {
    const views =
      await database.query(`select relname from pg_class where relnamespace = 'noctuary'::regnamespace
      and relkind = 'v' and relname like 'app\\_%' and not coalesce('security_invoker=true' = any(reloptions), false)`);
    expect(views).toEqual([]);
  });
});

describe("an app", () => {
  test("reads its user's clusters, notes, events and nobody else's", async () => {
    const view = (name: string) => asApp("ada", `select distinct user_id from noctuary.${name}`);
    await asApp(
      "ada",
      "insert into noctuary.cluster_edit (kind, cluster_id, name) values ('rename', 'bread', 'Loaves')",
    );
    await asApp(
      "bob",
      "insert into noctuary.cluster_edit (kind, cluster_id, name) values ('rename', 'bread', 'Toast')",
    );
    for (const name of ["app_cluster", "app_cluster_note", "app_cluster_event", "cluster_edit"]) {
      expect(await view(name), name).toEqual([{ user_id: "ada" }]);
    }
  });

  test("reads nothing without a user, and no text of a note", async () => {
    await expect(asApp("", "select 1 from noctuary.app_cluster")).rejects.toMatchObject(PERMISSION_DENIED);
    await expect(asApp("ada", "select body from noctuary.note")).rejects.toMatchObject(PERMISSION_DENIED);
    await expect(asApp("ada", "update noctuary.cluster set name = 'x'")).rejects.toMatchObject(
      PERMISSION_DENIED,
    );
    await expect(
      asApp(
        "ada",
        "insert into noctuary.cluster_edit (user_id, kind, cluster_id) values ('bob', 'pin', 'bread')",
      ),
    ).rejects.toMatchObject(PERMISSION_DENIED);
  });

  test("finds the notes nearest to one, of all or of the same cluster", async () => {
    const related = (call: string) => asApp<{ related_id: string }>("ada", `select * from noctuary.${call}`);
    expect(await related("app_related_notes('n4', 2)")).toEqual([
      { related_id: "n3", similarity: expect.closeTo(0.997, 3), cluster_id: "bread" },
      { related_id: "n2", similarity: expect.closeTo(0.976, 3), cluster_id: "bread" },
    ]);
    expect((await related("app_related_notes('n1', 9, true)")).map((row) => row.related_id)).toEqual([
      "n2",
      "n3",
    ]);
    await database.query("update noctuary.note set ai_excluded = true where id = 'n2'");
    expect((await related("app_related_notes('n1', 9, true)")).map((row) => row.related_id)).toEqual(["n3"]);
    expect(await related("app_related_notes('nowhere', 9)")).toEqual([]);
  });
});

describe("an edit that an app writes", () => {
  const clusters = () =>
    database.query("select id, name, named_by, size from noctuary.cluster where user_id = 'ada' order by id");

  test("shows at once where that can be: a name", async () => {
    await asApp(
      "ada",
      "insert into noctuary.cluster_edit (kind, cluster_id, name) values ('rename', 'bread', ' Loaves ')",
    );
    expect(await clusters()).toContainEqual({ id: "bread", name: "Loaves", named_by: "user", size: 3 });
    expect(
      await database.query("select name from noctuary.cluster where user_id = 'bob' and id = 'bread'"),
    ).toEqual([{ name: "Bread" }]);
  });

  test("shows at once where that can be: the place of a note, with the event and the sizes", async () => {
    await asApp(
      "ada",
      "insert into noctuary.cluster_edit (id, kind, cluster_id, note_ids) values ('e', 'move', 'moths', '{n3,n4}')",
    );
    expect(await clusters()).toEqual([
      { id: "area", name: "Home", named_by: "noctuary", size: 4 },
      { id: "bread", name: "Bread", named_by: "noctuary", size: 2 },
      { id: "moths", name: "Moths", named_by: "noctuary", size: 2 },
    ]);
    expect(
      await asApp(
        "ada",
        "select note_id, rival_id, placed_by, loose from noctuary.app_cluster_note where cluster_id = 'moths' order by 1",
      ),
    ).toEqual([
      { note_id: "n3", rival_id: "bread", placed_by: "user", loose: false },
      { note_id: "n4", rival_id: null, placed_by: "noctuary", loose: false },
    ]);
    expect(
      await asApp("ada", "select kind, cause, edit_id, note_id, other_id from noctuary.app_cluster_event"),
    ).toEqual([{ kind: "moved", cause: "edit", edit_id: "e", note_id: "n3", other_id: "bread" }]);
  });

  test("raises the user's version, as does taking it back, so that a night under way takes it in", async () => {
    const version = async () =>
      (
        await database.query<{ version: string }>(
          "select version from noctuary.user_state where user_id = 'ada'",
        )
      )[0]!.version;
    expect(await version()).toBe("0");
    await asApp("ada", "insert into noctuary.cluster_edit (kind, cluster_id) values ('pin', 'bread')");
    expect(await version()).toBe("1");
    await asApp("ada", "delete from noctuary.cluster_edit");
    expect(await version()).toBe("2");
  });

  test.each([
    ["a cluster that does not exist", "('pin', 'nowhere', null, null, '{}')", FOREIGN_KEY_VIOLATION],
    ["another that does not exist", "('merge', 'bread', 'nowhere', null, '{}')", FOREIGN_KEY_VIOLATION],
    ["a cluster and itself", "('merge', 'bread', 'bread', null, '{}')", CHECK_VIOLATION],
    ["a merge into nothing", "('merge', 'bread', null, null, '{}')", CHECK_VIOLATION],
    ["a name of white space", "('rename', 'bread', null, '  ', '{}')", CHECK_VIOLATION],
    ["no name", "('rename', 'bread', null, null, '{}')", CHECK_VIOLATION],
    ["no notes", "('split', 'bread', null, null, '{}')", CHECK_VIOLATION],
    ["an unknown kind", "('explode', 'bread', null, null, '{}')", CHECK_VIOLATION],
    ["an area, in another way than a rename", "('pin', 'area', null, null, '{}')", CHECK_VIOLATION],
  ])("is refused when it is about %s", async (_, values, error) => {
    const insert = `insert into noctuary.cluster_edit (kind, cluster_id, other_id, name, note_ids) values ${values}`;
    await expect(asApp("ada", insert)).rejects.toMatchObject(error);
  });
});
