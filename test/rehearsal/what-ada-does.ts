import { expect } from "vitest";
import type { TestDatabase } from "../support/test-database.ts";
import { say } from "./rehearsal.ts";

/** A user who goes on using the app while it moves: what she did, and how one sees that it is still there. */
export function whatAdaDoes({ db, query }: TestDatabase, adaId: string) {
  const done: { what: string; look: string; values: unknown[]; rows: unknown[] }[] = [];

  const remember = async (what: string, look: string, values: unknown[]) => {
    done.push({ what, look, values, rows: await query(look, values) });
    expect(done.at(-1)!.rows, what).toHaveLength(1);
    say(`# Ada, in the app: ${what}`);
  };
  /** As the app's login does it, through the contract. */
  const asApp = async (statement: string, values: unknown[]): Promise<void> => {
    const client = await db.pool.connect();
    try {
      await client.query("begin");
      await client.query(
        "select set_config('app.user_id', $1, true), set_config('role', 'noctuary_app', true)",
        [adaId],
      );
      await client.query(statement, values);
      await client.query("commit");
    } catch (error) {
      await client.query("rollback");
      throw error;
    } finally {
      client.release();
    }
  };
  return {
    async writesNote(title: string): Promise<void> {
      await query(
        "insert into app.notes (user_id, title, content) values ($1, $2, $2 || ' with a word or two')",
        [adaId, title],
      );
      await remember(
        `the note ${title}`,
        "select title, content, deleted_at from app.notes where title = $1",
        [title],
      );
    },
    async renames(clusterId: string, name: string): Promise<void> {
      await asApp("insert into noctuary.cluster_edit (kind, cluster_id, name) values ('rename', $1, $2)", [
        clusterId,
        name,
      ]);
      const look =
        "select kind, name, created_at from noctuary.cluster_edit where cluster_id = $1 and name = $2";
      await remember(`the name ${name}`, look, [clusterId, name]);
    },
    async moves(noteId: string, clusterId: string): Promise<void> {
      await asApp(
        "insert into noctuary.cluster_edit (kind, cluster_id, note_ids) values ('move', $1, array[$2])",
        [clusterId, noteId],
      );
      const look = "select kind, note_ids from noctuary.cluster_edit where kind = 'move' and cluster_id = $1";
      await remember(`the moved note ${noteId}`, look, [clusterId]);
    },
    async dismisses(stackId: string): Promise<void> {
      await asApp("insert into noctuary.stack_verdict (stack_id, verdict) values ($1, 'dismissed')", [
        stackId,
      ]);
      await remember("the dismissal", "select verdict, at from noctuary.stack_verdict where stack_id = $1", [
        stackId,
      ]);
    },
    async setsTimeZone(name: string): Promise<void> {
      await asApp("insert into noctuary.user_setting (user_id, time_zone) values ($1, $2)", [adaId, name]);
      await remember("the time zone", "select time_zone from noctuary.user_setting where user_id = $1", [
        adaId,
      ]);
    },
    /** All of it is still there, as it was. */
    async findsAllOfIt(): Promise<void> {
      for (const { what, look, values, rows } of done) expect(await query(look, values), what).toEqual(rows);
      say(`# still there, as it was: ${done.length} things that Ada did`);
    },
  };
}
