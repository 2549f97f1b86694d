import { oldResults } from "@noctuary/db/comparison/both-results";
import { beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

const database = databaseOfFile();
beforeAll(async () => {
  await database.query(`create schema old;
    create table old.cluster_note (user_id int, cluster_id int, name text, note_id int);
    create table old.stack_note (user_id int, stack_id int, title text, note_id int);
    insert into old.cluster_note values (1, 1, 'before', 1);
    insert into old.stack_note values (1, 1, 'before', 1)`);
});

const GATE = 4_711;

test("an older system that writes while it is read is seen as it was at one moment: all before, or all after", async () => {
  const writer = await database.db.pool.connect();
  try {
    await writer.query("select pg_advisory_lock($1)", [GATE]);
    // The first query does not get on before the older system has written both tables and let go.
    const reading = oldResults(database.db, {
      clusters: `select user_id, cluster_id as id, name, note_id from old.cluster_note
        where pg_advisory_xact_lock(${GATE}) is not null`,
      stacks: "select user_id, stack_id as id, title as name, note_id from old.stack_note",
    });
    const waiting =
      "select count(*)::int as n from pg_locks where locktype = 'advisory' and not granted and objid = $1";
    await expect
      .poll(async () => (await writer.query(waiting, [GATE])).rows[0].n, { timeout: 30_000 })
      .toBe(1);
    await writer.query(
      "update old.cluster_note set name = 'after', note_id = 2; update old.stack_note set title = 'after', note_id = 2",
    );
    await writer.query("select pg_advisory_unlock($1)", [GATE]);
    const [results] = [...(await reading).values()];
    expect([results!.clusters, results!.stacks].flat().map(({ name, noteIds }) => [name, noteIds])).toEqual([
      ["before", ["1"]],
      ["before", ["1"]],
    ]);
    const later = await oldResults(database.db, {
      stacks: "select user_id, stack_id as id, title as name, note_id from old.stack_note",
    });
    expect([...later.values()][0]!.stacks[0]!.name).toBe("after");
  } finally {
    writer.release();
  }
});
