import { asUser } from "@noctuary/db/access";
import { type Database, openDatabase } from "@noctuary/db/database";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { rowsRead } from "../support/rows-read.ts";

/** The server keeps plans of functions for as long as a connection lives: some were made when a table was still empty. */

const NOTES = 2_000;
const database = databaseOfFile();
let db: Database;

beforeAll(async () => {
  db = openDatabase({ url: database.url, maxConnections: 1 });
  for (const table of ["own_note", "note_embedding"])
    await database.query(`alter table noctuary.${table} set (autovacuum_enabled = off)`);
});
afterAll(() => db.close());

const texts = (userId: string) => sql`
  select id from texts_to_embed(${userId}, 'm', 3, '', 'z', null, '', 1000, 1000000, false, null, 'task')`;

test("a plan that was made for an empty table does not look at all rows of a user for each note", async () => {
  await database.query(
    "insert into noctuary.note (user_id, id, title, body, created_at, updated_at) select 'small', 'n' || i, '', 'text', now(), now() from generate_series(1, 5) i",
  );
  for (let call = 0; call < 8; call++) {
    const { rows } = await asUser(db, "small", (tx) => tx.execute(texts("small")));
    expect(rows).toHaveLength(5);
  }
  await database.query(`
    with written as (
      insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
      select 'large', 'n' || i, '', 'text', now(), now() from generate_series(1, ${NOTES}) i returning id, updated_at)
    insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
    select 'large', id, 'm', 3, id, '[1,2,3]', updated_at from written`);
  await asUser(db, "large", async (tx) => {
    const page = async () => expect((await tx.execute(texts("large"))).rows).toEqual([]);
    expect(await rowsRead(tx, "note_embedding", page)).toBeLessThan(2 * NOTES);
  });
});

test("a vector is saved over another one without a look at all notes, though the plan is from when there were none", async () => {
  const save = (userId: string, ids: string[]) => sql`
    select save_vectors(${userId}, 'n', 3, ${sql.param(ids)}::text[], ${sql.param(ids)}::text[],
      array_fill(now()::text, array[${ids.length}::integer]), array_fill('[1,2,3]'::vector, array[${ids.length}::integer]))`;
  await database.query("delete from noctuary.own_note where user_id = 'large'");
  await database.query("vacuum analyze noctuary.own_note");
  for (let call = 0; call < 8; call++) await asUser(db, "few", (tx) => tx.execute(save("few", ["a", "b"])));
  await database.query(
    `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
     select 'few', 'n' || i, '', 'text', now(), now() from generate_series(1, ${NOTES}) i`,
  );
  const ids = Array.from({ length: 20 }, (_, i) => `n${i + 1}`);
  await asUser(db, "few", async (tx) => {
    await tx.execute(save("few", ids));
    expect(await rowsRead(tx, "own_note", () => tx.execute(save("few", ids)))).toBeLessThan(100);
  });
});
