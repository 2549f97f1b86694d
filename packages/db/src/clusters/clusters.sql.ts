import { sql } from "drizzle-orm";
import { bigint, boolean, index, integer, primaryKey, real, text } from "drizzle-orm/pg-core";
import { idText, instant, noctuary, vectorBinary } from "../columns.ts";

export type ClusterLevel = "topic" | "area";
export type ClusterEventKind =
  | "born"
  | "grown"
  | "shrunk"
  | "merged"
  | "split"
  | "retired"
  | "renamed"
  | "moved";

export const cluster = noctuary.table(
  "cluster",
  {
    id: idText("id").notNull(),
    userId: idText("user_id").notNull(),
    level: text("level").$type<ClusterLevel>().notNull(),
    /** A topic's area. */
    parentId: idText("parent_id"),
    name: text("name").notNull(),
    namedBy: text("named_by").$type<"noctuary" | "user">().notNull().default("noctuary"),
    /** How many notes it had when it got its name: a name is given anew when that is long past. */
    namedSize: integer("named_size").notNull(),
    keyphrases: text("keyphrases").array().notNull(),
    size: integer("size").notNull(),
    /** Topics only: the unit mean of its vectors. */
    centroid: vectorBinary("centroid"),
    /** Mean cosine similarity of its notes to the centroid. */
    cohesion: real("cohesion"),
    bornAt: instant("born_at").notNull(),
    retiredAt: instant("retired_at"),
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
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.noteId] }),
    index("cluster_membership_by_cluster").on(t.userId, t.clusterId),
  ],
);

/** What happened to a cluster, or why a note that did not change is in another one. Ids and counts, no text. */
export const clusterEvent = noctuary.table(
  "cluster_event",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: idText("user_id").notNull(),
    runId: idText("run_id").notNull(),
    at: instant("at").notNull(),
    kind: text("kind").$type<ClusterEventKind>().notNull(),
    clusterId: idText("cluster_id").notNull(),
    otherId: idText("other_id"),
    /** Only for `moved`. */
    noteId: idText("note_id"),
    /** Share of the notes that prove it, in [0, 1]. */
    share: real("share"),
    notesBefore: integer("notes_before").notNull(),
    notesAfter: integer("notes_after").notNull(),
  },
  (t) => [
    index("cluster_event_by_cluster").on(t.userId, t.clusterId, t.at),
    index("cluster_event_by_run").on(t.userId, t.runId),
  ],
);
