import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import { idText, instant, noctuary, vectorBinary } from "../columns.ts";

/**
 * Notes that `sync` put here. The jobs read them through the view `note`, which is made of an app's table instead where
 * one is attached.
 */
export const ownNote = noctuary.table(
  "own_note",
  {
    id: idText("id").notNull(),
    userId: idText("user_id").notNull(),
    title: text("title").notNull(),
    body: text("body").notNull(),
    tags: text("tags").array().notNull().default(sql`'{}'`),
    createdAt: instant("created_at").notNull(),
    updatedAt: instant("updated_at").notNull(),
    deletedAt: instant("deleted_at"),
    aiExcluded: boolean("ai_excluded").notNull().default(false),
  },
  (t) => [
    primaryKey({ name: "note_user_id_id_pk", columns: [t.userId, t.id] }),
    // Covers all that the plan asks of an unchanged note, so that its body stays on disk.
    index("note_plan").on(t.userId, t.id, t.updatedAt, t.deletedAt, t.aiExcluded),
  ],
);

/**
 * What came of embedding one note with one model: a vector, or the reason why there is none, each with the
 * content hash that it belongs to. An old vector stays while a new text fails.
 */
export const noteEmbedding = noctuary.table(
  "note_embedding",
  {
    userId: idText("user_id").notNull(),
    noteId: idText("note_id").notNull(),
    model: text("model").notNull(),
    dimensions: integer("dimensions").notNull(),
    contentHash: text("content_hash"),
    vector: vectorBinary("vector"),
    failedHash: text("failed_hash"),
    /** Why there is no vector of the present text; without `failed_hash`, a trouble that may pass. */
    failedCode: text("failed_code"),
    failedAt: instant("failed_at"),
    /** `updated_at` of the note when it was last looked at: equal means there is nothing to read. */
    seenUpdatedAt: instant("seen_updated_at").notNull(),
    embeddedAt: instant("embedded_at"),
  },
  (t) => [
    // It includes `seen_updated_at` (migration 0047): the plan reads nothing else.
    primaryKey({ columns: [t.userId, t.noteId, t.model, t.dimensions] }),
    index("note_embedding_hash").on(t.userId, t.contentHash),
  ],
);

/** A folder or file that `sync` reads for one user. */
export const source = noctuary.table(
  "source",
  {
    id: idText("id").notNull(),
    userId: idText("user_id").notNull(),
    kind: text("kind").$type<"folder" | "jsonl">().notNull(),
    path: text("path").notNull(),
    syncedAt: instant("synced_at"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.id] })],
);

/** Where a synced note came from. A removed file keeps its row until its note is purged. */
export const sourceNote = noctuary.table(
  "source_note",
  {
    userId: idText("user_id").notNull(),
    sourceId: idText("source_id").notNull(),
    noteId: idText("note_id").notNull(),
    key: text("key").notNull(),
    contentHash: text("content_hash").notNull(),
    textHash: text("text_hash").notNull(),
    removedAt: instant("removed_at"),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.noteId] }),
    index("source_note_by_source").on(t.userId, t.sourceId),
  ],
);

/** What the view `note` is made of where it is an app's: one row, or none. */
export const attachment = noctuary.table("attachment", {
  onlyOne: boolean("only_one").primaryKey().default(true),
  /** What a person said: relation, columns, format. */
  request: jsonb("request").$type<unknown>().notNull(),
  query: text("query").notNull(),
  /** What stands on the view, to be made again when a migration of the app took all of it away. */
  dependents: jsonb("dependents").$type<string[]>().notNull(),
  attachedAt: instant("attached_at").notNull().default(sql`clock_timestamp()`),
});
