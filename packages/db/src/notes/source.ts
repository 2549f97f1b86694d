import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";

export interface Source {
  id: string;
  kind: "folder" | "jsonl";
  path: string;
  syncedAt: Date | null;
}

export async function sourcesOf(tx: UserTransaction, userId: string): Promise<Source[]> {
  const { rows } = await tx.execute<
    Omit<Source, "syncedAt"> & { syncedAt: string | null } & Record<string, unknown>
  >(sql`select id, kind, path, synced_at as "syncedAt" from source where user_id = ${userId} order by path`);
  return rows.map((row) => ({ ...row, syncedAt: row.syncedAt === null ? null : new Date(row.syncedAt) }));
}

/** Users who have notes of a source. */
export async function usersOfSource(tx: LedgerTransaction, sourceId: string): Promise<string[]> {
  const { rows } = await tx.execute<{ user_id: string }>(
    sql`select user_id from source where id = ${sourceId} order by user_id`,
  );
  return rows.map((row) => row.user_id);
}

export interface SourceNoteRow {
  noteId: string;
  key: string;
  contentHash: string;
  textHash: string;
  isRemoved: boolean;
}

export async function sourceNotes(
  tx: UserTransaction,
  userId: string,
  sourceId: string,
): Promise<SourceNoteRow[]> {
  const { rows } = await tx.execute<SourceNoteRow & Record<string, unknown>>(sql`
    select note_id as "noteId", key, content_hash as "contentHash", text_hash as "textHash",
      removed_at is not null as "isRemoved"
    from source_note where user_id = ${userId} and source_id = ${sourceId}`);
  return rows;
}

export async function saveSource(
  tx: UserTransaction,
  userId: string,
  source: Omit<Source, "syncedAt">,
): Promise<void> {
  await tx.execute(sql`
    insert into source (user_id, id, kind, path, synced_at)
    values (${userId}, ${source.id}, ${source.kind}, ${source.path}, clock_timestamp())
    on conflict (user_id, id) do update set path = excluded.path, synced_at = excluded.synced_at`);
}

export interface SyncedNote {
  noteId: string;
  key: string;
  title: string;
  body: string;
  tags: string[];
  createdAt: Date;
  updatedAt: Date;
  aiExcluded: boolean;
  contentHash: string;
  textHash: string;
}

/** Writes notes of a source as they are there now, new or changed, and brings back removed ones. */
export async function saveSyncedNotes(
  tx: UserTransaction,
  userId: string,
  sourceId: string,
  notes: SyncedNote[],
): Promise<void> {
  if (notes.length === 0) return;
  await tx.execute(sql`
    with synced as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(notes)}::jsonb) as n("noteId" text, key text, title text,
        body text, tags jsonb, "createdAt" timestamptz, "updatedAt" timestamptz, "aiExcluded" boolean,
        "contentHash" text, "textHash" text)),
    saved as (
      insert into own_note (user_id, id, title, body, tags, created_at, updated_at, ai_excluded)
      select ${userId}, "noteId", title, body, array(select jsonb_array_elements_text(tags)), "createdAt", "updatedAt",
        "aiExcluded" from synced
      on conflict (user_id, id) do update set title = excluded.title, body = excluded.body, tags = excluded.tags,
        created_at = excluded.created_at, updated_at = excluded.updated_at, ai_excluded = excluded.ai_excluded,
        deleted_at = null),
    -- A file edited under an old \`updated:\` field has the date that was seen already: it is looked at again.
    unseen as (update note_embedding e set seen_updated_at = '-infinity' from synced
      where e.user_id = ${userId} and e.note_id = synced."noteId")
    insert into source_note (user_id, source_id, note_id, key, content_hash, text_hash)
    select ${userId}, ${sourceId}, "noteId", key, "contentHash", "textHash" from synced
    on conflict (user_id, note_id) do update set source_id = excluded.source_id, key = excluded.key,
      content_hash = excluded.content_hash, text_hash = excluded.text_hash, removed_at = null`);
}

/** Marks notes of a source as deleted. What was derived from them is purged by the next night. */
export async function removeSyncedNotes(
  tx: UserTransaction,
  userId: string,
  sourceId: string,
  noteIds: string[],
): Promise<void> {
  if (noteIds.length === 0) return;
  await tx.execute(sql`
    with removed as (
      update source_note set removed_at = clock_timestamp()
      where user_id = ${userId} and source_id = ${sourceId} and note_id = any(${textArray(noteIds)})
      returning note_id)
    update own_note n set deleted_at = clock_timestamp() from removed r where n.user_id = ${userId} and n.id = r.note_id`);
}
