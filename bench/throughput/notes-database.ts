import pg from "pg";
import type { SampleNote } from "./sample-texts.ts";

const NAME = "noctuary_bench_throughput";
const NOTES_PER_INSERT = 2_000;
export const POISON = "this note is poison";

export interface NotesDatabase {
  url: string;
  /** Replaces everything that is there by the notes, dealt out to so many users. */
  fill(notes: SampleNote[], users: number): Promise<void>;
  /** Forgets every night, and so every vector. */
  forgetNights(): Promise<void>;
  /** Changes one note of each hundred. Returns how many. */
  changeOneInHundred(): Promise<number>;
  /** Puts something into a note that the provider refuses. */
  poison(noteId: string): Promise<void>;
  /** What a run has done, by the database's own clock. */
  night(runId: string): Promise<Night>;
  drop(): Promise<void>;
}

export interface Night {
  /** From the start of the run to the end of its last embed task. */
  ms: number;
  planMs: number;
  embedTasks: number;
  /** Tries that its embed tasks needed beyond the first one of each. */
  furtherTries: number;
  stored: number;
  refused: string[];
  failedTasks: number;
}

/** A database of its own on a server, with Noctuary's schema. `migrateAt` is told its URL. */
export async function notesDatabase(
  serverUrl: string,
  migrateAt: (url: string) => Promise<void>,
): Promise<NotesDatabase> {
  const url = Object.assign(new URL(serverUrl), { pathname: `/${NAME}` }).href;
  const admin = new pg.Client({ connectionString: serverUrl });
  await admin.connect();
  await admin.query(`drop database if exists ${NAME} with (force)`);
  await admin.query(`create database ${NAME}`);
  await migrateAt(url);
  const client = new pg.Client({ connectionString: url });
  await client.connect();

  const forgetNights = async () => {
    await client.query(`truncate noctuary.note_embedding, noctuary.run, noctuary.run_user, noctuary.task,
      noctuary.outbox, noctuary.user_state, noctuary.usage, noctuary.audit_log`);
  };
  return {
    url,
    forgetNights,
    async fill(notes, users) {
      await forgetNights();
      await client.query("truncate noctuary.own_note");
      for (let i = 0; i < notes.length; i += NOTES_PER_INSERT) {
        const some = notes.slice(i, i + NOTES_PER_INSERT);
        await client.query(
          `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
           select user_id, id, title, body, '2026-10-01', '2026-10-01'
           from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as n(user_id, id, title, body)`,
          [
            some.map((_, n) => `user-${String((i + n) % users).padStart(6, "0")}`),
            some.map((note) => note.id),
            some.map((note) => note.title),
            some.map((note) => note.body),
          ],
        );
      }
      // Notes were there long before the night: nobody is to wait for autovacuum, or for what fills the disk, whenever it comes.
      await client.query("vacuum analyze noctuary.own_note");
      await client.query("checkpoint");
    },
    async changeOneInHundred() {
      const { rowCount } = await client.query(
        `update noctuary.note set body = body || ' And one more thing.', updated_at = '2026-11-01'
         where id like '%00'`,
      );
      return rowCount ?? 0;
    },
    async poison(noteId) {
      await client.query(
        "update noctuary.note set body = body || $2, updated_at = '2026-11-01' where id = $1",
        [noteId, ` ${POISON}`],
      );
    },
    async night(runId) {
      const { rows } = await client.query<Night>(
        `select extract(epoch from max(t.finished_at) - min(r.created_at))::float8 * 1000 as ms,
           extract(epoch from max(t.finished_at) filter (where step = 'plan') - min(r.created_at))::float8 * 1000
             as "planMs",
           (count(*) filter (where step = 'embed'))::int as "embedTasks",
           coalesce(sum(attempts - 1) filter (where step = 'embed'), 0)::int as "furtherTries",
           (count(*) filter (where t.status = 'failed'))::int as "failedTasks",
           (select count(*)::int from noctuary.note n join noctuary.note_embedding e
             on e.user_id = n.user_id and e.note_id = n.id and e.seen_updated_at = n.updated_at
               and e.vector is not null and e.failed_hash is null) as stored,
           array(select note_id from noctuary.note_embedding where failed_hash is not null) as refused
         from noctuary.task t join noctuary.run r on r.id = t.run_id
         where t.run_id = $1 and step in ('plan', 'embed')`,
        [runId],
      );
      return rows[0]!;
    },
    async drop() {
      await client.end();
      await admin.query(`drop database ${NAME} with (force)`);
      await admin.end();
    },
  };
}
