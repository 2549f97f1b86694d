import { sql } from "drizzle-orm";
import {
  bigint,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

/** A user's week, as it was told. */
export const insight = noctuary.table(
  "insight",
  {
    userId: idText("user_id").notNull(),
    /** The last of its seven local days. */
    week: date("week", { mode: "string" }).notNull(),
    /** Where those days were local. */
    timeZone: text("time_zone").notNull(),
    /** The version of the shape of `facts` and of the sections' sentences. */
    schemaVersion: integer("schema_version").notNull(),
    status: text("status").$type<"complete" | "partial">().notNull(),
    facts: jsonb("facts").notNull(),
    /** Keys of the to-dos that were open, by which a later week sees that they were closed. */
    openEnds: jsonb("open_ends").$type<string[]>().notNull(),
    /** Notes of the week whose text was not looked at, because there were too many. */
    notesLeftOut: integer("notes_left_out").notNull().default(0),
    runId: idText("run_id").notNull(),
    writtenAt: instant("written_at").notNull().default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.userId, t.week] })],
);

/** One part of a week, written by itself: where it comes from and what it cost. */
export const insightSection = noctuary.table(
  "insight_section",
  {
    userId: idText("user_id").notNull(),
    week: date("week", { mode: "string" }).notNull(),
    section: text("section").notNull(),
    position: integer("position").notNull(),
    /** A model's sentences, or plain ones. */
    writtenBy: text("written_by").$type<"model" | "template">().notNull(),
    sentences: jsonb("sentences").notNull(),
    /** Sentences that did not hold, by reason. */
    dropped: jsonb("dropped").$type<Record<string, number>>().notNull(),
    /** Why the model's sentences are still to come; null where nothing is. */
    missingCode: text("missing_code"),
    model: text("model"),
    promptVersion: integer("prompt_version"),
    inputTokens: integer("input_tokens").notNull().default(0),
    outputTokens: integer("output_tokens").notNull().default(0),
    /** null: the model has no known price. */
    costUsd: doublePrecision("cost_usd"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.week, t.section] })],
);

/** Something that others may want to hear of: ids, and no text. Written in the transaction that made it true. */
export const eventOutbox = noctuary.table(
  "event_outbox",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    userId: idText("user_id").notNull(),
    type: text("type").$type<"insight.ready">().notNull(),
    /** What it is about: the week. One event of a type about one thing. */
    subject: text("subject").notNull(),
    createdAt: instant("created_at").notNull().default(sql`clock_timestamp()`),
    claimedUntil: instant("claimed_until"),
    sentAt: instant("sent_at"),
  },
  (t) => [
    uniqueIndex("event_outbox_once").on(t.userId, t.type, t.subject),
    index("event_outbox_unsent").on(t.id).where(sql`sent_at is null`),
  ],
);
