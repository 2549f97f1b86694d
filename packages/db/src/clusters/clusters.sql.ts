import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  primaryKey,
  real,
  text,
} from "drizzle-orm/pg-core";
import { idText, instant, noctuary, vectorBinary } from "../columns.ts";

/** `noctuary`: from its own words; `llm`: by a language model, and checked; `user`: for good. */
export type NamedBy = "noctuary" | "llm" | "user";
export type ClusterLevel = "topic" | "area";
export type ClusterEventKind =
  | "born"
  | "grown"
  | "shrunk"
  | "merged"
  | "split"
  | "retired"
  | "returned"
  | "renamed"
  | "moved"
  | "edit";

/**
 * Why a note that did not change is in another topic.
 *
 * - `edit`: the user decided it, or took such a decision back.
 * - `rewritten`: its text has changed.
 * - `merged`, `split`, `retired`, `returned`: that is what happened to the topic it left or came to.
 * - `frontier`: it lies next to notes that are new or changed, and fits better where it is now.
 * - `regrouped`: so much had changed that all notes were grouped anew, from where they were.
 */
export type MoveCause =
  | "edit"
  | "rewritten"
  | "merged"
  | "split"
  | "retired"
  | "returned"
  | "frontier"
  | "regrouped";

export type ClusterEditKind = "rename" | "pin" | "merge" | "split" | "move" | "not-here" | "forget";

/**
 * What became of an edit in the latest night.
 *
 * - `kept`.
 * - `followed`: the cluster it names went into another one, where it is kept.
 * - `overruled`: a newer edit says otherwise, of all or some of its notes.
 * - `cluster-gone`: the cluster it names is retired. Should that come back, the edit holds again.
 * - `note-gone`, `note-left-out`: some of its notes are deleted; or excluded, or without a vector.
 * - `nowhere-else`: there is no other cluster that its notes could go to.
 */
export type EditOutcome =
  | "kept"
  | "followed"
  | "overruled"
  | "cluster-gone"
  | "note-gone"
  | "note-left-out"
  | "nowhere-else";

export const cluster = noctuary.table(
  "cluster",
  {
    id: idText("id").notNull(),
    userId: idText("user_id").notNull(),
    level: text("level").$type<ClusterLevel>().notNull(),
    /** A topic's area. */
    parentId: idText("parent_id"),
    name: text("name").notNull(),
    namedBy: text("named_by").$type<NamedBy>().notNull().default("noctuary"),
    /** How many notes it had when it got its name: a name is given anew when that is long past. */
    namedSize: integer("named_size").notNull(),
    /** How many notes it had when a language model was last asked for its name; null since it got another name. */
    askedSize: integer("asked_size"),
    keyphrases: text("keyphrases").array().notNull(),
    size: integer("size").notNull(),
    /** Topics only: the unit mean of its vectors. */
    centroid: vectorBinary("centroid"),
    /** Mean cosine similarity of its notes to the centroid. */
    cohesion: real("cohesion"),
    bornAt: instant("born_at").notNull(),
    retiredAt: instant("retired_at"),
    /** The cluster that most of its notes went to when it was retired; null where they went several ways. */
    mergedInto: idText("merged_into"),
    /** The user's edit that ended it; when that is undone, it comes back. */
    retiredBy: idText("retired_by"),
    /** A retired cluster's notes, for a season, so that it is known again; at most 1,000. */
    lastMembers: text("last_members").array().notNull().default(sql`'{}'`),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    index("cluster_living").on(t.userId, t.level).where(sql`retired_at is null`),
  ],
);

/** Each note with a vector is in exactly one topic. */
export const clusterMembership = noctuary.table(
  "cluster_membership",
  {
    userId: idText("user_id").notNull(),
    noteId: idText("note_id").notNull(),
    clusterId: idText("cluster_id").notNull(),
    /** Share of the note's graph weight that lies inside its cluster, in [0, 1]. */
    confidence: real("confidence").notNull(),
    /** The cluster that it would be in otherwise. */
    rivalId: idText("rival_id"),
    /** Weakly attached: shown as "loosely related". */
    loose: boolean("loose").notNull(),
    /** `user`: an edit put it here. */
    placedBy: text("placed_by").$type<"noctuary" | "user">().notNull().default("noctuary"),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.noteId] }),
    index("cluster_membership_by_cluster").on(t.userId, t.clusterId),
  ],
);

/** What happened to a cluster, to an edit of it, or why a note is in another one. Ids and counts, no text. */
export const clusterEvent = noctuary.table(
  "cluster_event",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: idText("user_id").notNull(),
    /** null: it happened by day, the moment the user decided it. */
    runId: idText("run_id"),
    at: instant("at").notNull(),
    kind: text("kind").$type<ClusterEventKind>().notNull(),
    clusterId: idText("cluster_id").notNull(),
    otherId: idText("other_id"),
    /** For `moved`, and for an `edit` about one note. */
    noteId: idText("note_id"),
    /** For `moved` a MoveCause, for `edit` an EditOutcome, `edit` for whatever else the user decided. */
    cause: text("cause").$type<MoveCause | EditOutcome>(),
    editId: idText("edit_id"),
    /** Share of the notes that prove it, in [0, 1]. */
    share: real("share"),
    notesBefore: integer("notes_before").notNull(),
    notesAfter: integer("notes_after").notNull(),
  },
  (t) => [
    index("cluster_event_by_cluster").on(t.userId, t.clusterId, t.at),
    index("cluster_event_by_run").on(t.userId, t.runId),
    // What became of whole topics: few among the many notes that moved.
    index("cluster_event_of_topics")
      .on(t.userId, t.at)
      .where(sql`kind in ('born', 'split', 'merged', 'returned')`),
  ],
);

/**
 * A row is a decision of the user, which every later night keeps; deleting it undoes it. Written by the command line
 * and by an app; docs/contract.md says what each kind means. A trigger shows at once what can be shown by day, and
 * raises the user's version, so that a night that is under way takes it in.
 */
export const clusterEdit = noctuary.table(
  "cluster_edit",
  {
    userId: idText("user_id").notNull().default(sql`noctuary.current_user_id()`),
    /** For `split` also the id of the cluster that it makes. */
    id: idText("id").notNull().default(sql`gen_random_uuid()::text`),
    kind: text("kind").$type<ClusterEditKind>().notNull(),
    clusterId: idText("cluster_id").notNull(),
    /** For `merge`: the cluster that goes on. */
    otherId: idText("other_id"),
    /** For `split`, `move` and `not-here`: the notes. For `merge` and `forget` a night fills in who they were about. */
    noteIds: text("note_ids").array().notNull().default(sql`'{}'`),
    /** For `rename`. */
    name: text("name"),
    createdAt: instant("created_at").notNull().default(sql`clock_timestamp()`),
    /** Written by the nights. */
    outcome: text("outcome").$type<EditOutcome>(),
    outcomeAt: instant("outcome_at"),
    /** How many of its notes it was kept for. */
    notesKept: integer("notes_kept"),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    index("cluster_edit_in_order").on(t.userId, t.createdAt, t.id),
    foreignKey({ columns: [t.userId, t.clusterId], foreignColumns: [cluster.userId, cluster.id] }).onDelete(
      "cascade",
    ),
    foreignKey({ columns: [t.userId, t.otherId], foreignColumns: [cluster.userId, cluster.id] }).onDelete(
      "cascade",
    ),
    check(
      "cluster_edit_is_whole",
      sql`case kind when 'rename' then btrim(name) <> '' and length(name) <= 200 and name is not null
        when 'merge' then other_id <> cluster_id and other_id is not null
        when 'split' then cardinality(note_ids) between 1 and 10000
        when 'move' then cardinality(note_ids) between 1 and 10000
        when 'not-here' then cardinality(note_ids) between 1 and 10000
        else kind in ('pin', 'forget') end`,
    ),
  ],
);
