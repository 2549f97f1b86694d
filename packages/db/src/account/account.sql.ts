import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
} from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

/** The per-user version: locked and raised by whatever saves a user's results, so that two runs cannot mix. */
export const userState = noctuary.table("user_state", {
  userId: idText("user_id").primaryKey(),
  version: bigint("version", { mode: "number" }).notNull().default(0),
  /** The embedding model and dimensions that the stored clusters were computed from. */
  clusteredModel: text("clustered_model"),
  /** Notes that came, changed or went since all of the user's notes were last grouped anew. */
  changedSinceRegrouping: integer("changed_since_regrouping").notNull().default(0),
  /** The modularity of the topics right after that; null before the first. */
  regroupedQuality: doublePrecision("regrouped_quality"),
  /** Local date of the last run that compared the hash of each note, not only its `updated_at`. */
  hashedOn: date("hashed_on", { mode: "string" }),
  /** Local date of the first run that held back this user's deletions; null when none wait. */
  deletionsWithheldSince: date("deletions_withheld_since", { mode: "string" }),
  /** Edits were made or taken back since the stored clusters were computed, or the step that was to compute them failed. */
  editsPending: boolean("edits_pending").notNull().default(false),
});

export const userSetting = noctuary.table("user_setting", {
  userId: idText("user_id").primaryKey(),
  timeZone: text("time_zone").notNull().default("America/New_York"),
  aiEnabled: boolean("ai_enabled").notNull().default(true),
  monthlyBudgetUsd: doublePrecision("monthly_budget_usd"),
});

export const usage = noctuary.table(
  "usage",
  {
    userId: idText("user_id").notNull(),
    day: date("day", { mode: "string" }).notNull(),
    model: text("model").notNull(),
    inputs: integer("inputs").notNull().default(0),
    requests: integer("requests").notNull().default(0),
    tokens: bigint("tokens", { mode: "number" }).notNull().default(0),
    /** null: at least one call had no known price. */
    costUsd: doublePrecision("cost_usd"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.day, t.model] }), index("usage_by_day").on(t.day)],
);

/** Append only, kept for a time: who was read or written by which task. Ids and counts, never text. */
export const auditLog = noctuary.table(
  "audit_log",
  {
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    at: instant("at").notNull().default(sql`clock_timestamp()`),
    userId: idText("user_id").notNull(),
    actor: text("actor").notNull(),
    runId: idText("run_id"),
    taskId: idText("task_id"),
    action: text("action").notNull(),
    counts: jsonb("counts").$type<Record<string, number>>().notNull(),
  },
  (t) => [index("audit_log_by_user").on(t.userId, t.at), index("audit_log_by_time").on(t.at)],
);
