import { beforeAll } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import type { TestDatabase } from "../support/test-database.ts";

export const userIds = Array.from({ length: 100 }, (_, i) => `user-${String(i).padStart(3, "0")}`);
/** Every table that says whose a row is. */
export const tables = [
  "own_note",
  "note_embedding",
  "source",
  "source_note",
  "cluster",
  "cluster_membership",
  "kept_neighbours",
  "kept_neighbours_chunk",
  "cluster_event",
  "cluster_edit",
  "smart_stack",
  "smart_stack_note",
  "stack_verdict",
  "stack_report",
  "stack_title_draft",
  "insight",
  "insight_section",
  "event_outbox",
  "compared_night",
  "forget",
  "user_state",
  "user_setting",
  "usage",
  "budget_month",
  "audit_log",
  "run_user",
  "task",
  "outbox",
];

/** A database for all tests of a file, with one row of each of `userIds` in each of `tables`. */
export function databaseWithRowsOfAll(): TestDatabase {
  const database = databaseOfFile();
  beforeAll(async () => {
    await database.query(`insert into noctuary.run (id, job, local_date, trigger, options, as_of)
      values ('r', 'nightly-cluster', '2026-11-02', 'manual', '{}', now())`);
    // One row of every user in every table.
    const users = "unnest($1::text[]) as u(id)";
    for (const statement of [
      `insert into noctuary.own_note (user_id, id, title, body, created_at, updated_at)
         select u.id, 'n', 'a title', 'a body', now(), now() from ${users}`,
      `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, vector, seen_updated_at)
         select u.id, 'n', 'm', 3, '[1,2,3]', now() from ${users}`,
      `insert into noctuary.source (user_id, id, kind, path) select u.id, 's', 'folder', '/notes' from ${users}`,
      `insert into noctuary.source_note (user_id, source_id, note_id, key, content_hash, text_hash)
         select u.id, 's', 'n', 'n.md', 'h', 'h' from ${users}`,
      `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, centroid, born_at)
         select u.id, 'c', 'topic', 'a name', 1, '{word}', 1, '[1,2,3]', now() from ${users}`,
      `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
         select u.id, 'n', 'c', 1, false from ${users}`,
      `insert into noctuary.cluster_event (user_id, run_id, at, kind, cluster_id, notes_before, notes_after)
         select u.id, 'r', now(), 'born', 'c', 0, 1 from ${users}`,
      `insert into noctuary.kept_neighbours (user_id, model, dimensions, version, slots, checksum)
       select u.id, 'm', 2, 1, 0, 0 from ${users}`,
      `insert into noctuary.kept_neighbours_chunk (user_id, part, chunk, checksum, bytes)
       select u.id, 'notes', 0, 0, '' from ${users}`,
      `insert into noctuary.user_state (user_id) select u.id from ${users}`,
      `insert into noctuary.cluster_edit (user_id, id, kind, cluster_id) select u.id, 'e', 'pin', 'c' from ${users}`,
      `insert into noctuary.smart_stack (user_id, id, kind, title, reason, facts, priority, priority_parts, born_at, seen_at)
         select u.id, 's', 'momentum', 'a title', 'a reason', '{}', 1, '{}', now(), now() from ${users}`,
      `insert into noctuary.smart_stack_note (user_id, stack_id, note_id, rank) select u.id, 's', 'n', 0 from ${users}`,
      `insert into noctuary.stack_verdict (user_id, stack_id, verdict) select u.id, 's', 'kept' from ${users}`,
      `insert into noctuary.insight (user_id, week, time_zone, schema_version, status, facts, open_ends, run_id)
       select u.id, '2026-10-24', 'UTC', 1, 'complete', '[]', '[]', 'r' from ${users}`,
      `insert into noctuary.insight_section (user_id, week, section, position, written_by, sentences, dropped)
       select u.id, '2026-10-24', 'headline', 0, 'template', '[]', '{}' from ${users}`,
      `insert into noctuary.event_outbox (user_id, type, subject) select u.id, 'insight.ready', '2026-10-24' from ${users}`,
      `insert into noctuary.compared_night (user_id, against, local_date, ari, notes, counts)
         select u.id, 'old', '2026-11-02', 1, 1, '{}' from ${users}`,
      `insert into noctuary.forget (user_id, id) select u.id, 'f' from ${users}`,
      `insert into noctuary.stack_report (user_id, run_id, at, report) select u.id, 'r', now(), '{}' from ${users}`,
      `insert into noctuary.stack_title_draft (user_id, title_key, title, at) select u.id, 'k', 'a title', now() from ${users}`,
      `insert into noctuary.user_setting (user_id) select u.id from ${users}`,
      `insert into noctuary.usage (user_id, day, model) select u.id, '2026-11-02', 'm' from ${users}`,
      `insert into noctuary.budget_month (user_id, month) select u.id, '2026-11-01' from ${users}`,
      `insert into noctuary.audit_log (user_id, actor, action, counts) select u.id, 'test', 'read', '{}' from ${users}`,
      `insert into noctuary.run_user (run_id, user_id, counts) select 'r', u.id, '{}' from ${users}`,
      `insert into noctuary.task (id, run_id, step, queue, user_id, payload)
         select u.id || '-task', 'r', 'embed', 'embed', u.id, '{}' from ${users}`,
      `insert into noctuary.outbox (queue, task_id, user_id) select 'embed', u.id || '-task', u.id from ${users}`,
    ]) {
      await database.query(statement, [userIds]);
    }
  });
  return database;
}
