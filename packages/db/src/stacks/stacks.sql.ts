import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

/** Notes worth opening, and why: a smart stack, never to be taken for a CDK stack. */
export const smartStack = noctuary.table(
  "smart_stack",
  {
    userId: idText("user_id").notNull(),
    id: idText("id").notNull(),
    kind: text("kind").notNull(),
    /** The topic it is about, where it is about one. Follows the topic when that goes into another one. */
    clusterId: idText("cluster_id"),
    /** '' while it may not be shown: something that its words may rest on was taken away. */
    title: text("title").notNull(),
    titledBy: text("titled_by").$type<"noctuary" | "llm">().notNull().default("noctuary"),
    /** What the title was worded from; while it is the same nobody words it again. */
    titleKey: text("title_key"),
    reason: text("reason").notNull(),
    /** Numbers, local dates and note ids, nothing else: what the reason rests on. */
    facts: jsonb("facts").notNull(),
    priority: doublePrecision("priority").notNull(),
    priorityParts: jsonb("priority_parts").$type<Record<string, number>>().notNull(),
    /** Tonight's clusters were not there in time: it was found by those of an earlier night. */
    earlierClusters: boolean("earlier_clusters").notNull().default(false),
    bornAt: instant("born_at").notNull(),
    /** The night that last looked at it. */
    seenAt: instant("seen_at").notNull(),
    retiredAt: instant("retired_at"),
    retiredCause: text("retired_cause"),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.id] }),
    index("smart_stack_living").on(t.userId, t.priority).where(sql`retired_at is null`),
    index("smart_stack_retired").on(t.userId, t.retiredAt).where(sql`retired_at is not null`),
  ],
);

/** Every note that a stack rests on. Those with a rank are what to open; the others were counted. */
export const smartStackNote = noctuary.table(
  "smart_stack_note",
  {
    userId: idText("user_id").notNull(),
    stackId: idText("stack_id").notNull(),
    noteId: idText("note_id").notNull(),
    rank: integer("rank"),
    /** Words of this note alone: an open to-do, what stands only here. */
    remark: text("remark"),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.stackId, t.noteId] }),
    index("smart_stack_note_by_note").on(t.userId, t.noteId),
  ],
);

/** What the user said about a stack. An app writes it; the nights only read it. */
export const stackVerdict = noctuary.table(
  "stack_verdict",
  {
    userId: idText("user_id").notNull().default(sql`noctuary.current_user_id()`),
    stackId: idText("stack_id").notNull(),
    verdict: text("verdict").$type<"dismissed" | "kept">().notNull(),
    at: instant("at").notNull().default(sql`clock_timestamp()`),
  },
  (t) => [
    primaryKey({ columns: [t.userId, t.stackId] }),
    check("stack_verdict_is_known", sql`verdict in ('dismissed', 'kept')`),
  ],
);

/** What a run did, or in a dry run would do, to one user's stacks, and which detectors failed. Numbers and ids alone. */
export const stackReport = noctuary.table(
  "stack_report",
  {
    userId: idText("user_id").notNull(),
    runId: idText("run_id").notNull(),
    at: instant("at").notNull(),
    report: jsonb("report").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.runId] })],
);

/**
 * What a model answered for titles of stacks that are not saved yet: should the night have to begin again, nobody asks a
 * second time. Gone with the next stacks that are saved.
 */
export const stackTitleDraft = noctuary.table(
  "stack_title_draft",
  {
    userId: idText("user_id").notNull(),
    /** What the title was worded from. */
    titleKey: text("title_key").notNull(),
    /** null: what was answered may not be shown. */
    title: text("title"),
    at: instant("at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.titleKey] })],
);
