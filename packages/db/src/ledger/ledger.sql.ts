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
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

export type RunTrigger = "schedule" | "manual" | "catch-up";
export type RunStatus = "running" | "done" | "partial" | "failed" | "cancelled";
export type TaskStatus = "pending" | "running" | "done" | "failed";

/** What may be recorded of an error: never its message, which can hold note text. */
export interface RecordedError {
  class: string;
  code: string;
  constraint?: string;
}

/** What a caller may ask of a run. Kept as asked, so that the same request can be recognised. */
export interface RunOptions {
  userIds?: string[] | undefined;
  dryRun?: boolean | undefined;
  full?: boolean | undefined;
  acceptDeletions?: boolean | undefined;
  /** nightly-cluster with another embedding model: embed and group, show nothing of it, and tell how it agrees. */
  trial?: boolean | undefined;
  /** Write a week anew that was told already. */
  replace?: boolean | undefined;
}

/** Numbers by name, added up over a run's tasks. */
export type Totals = Record<string, number>;

export const run = noctuary.table(
  "run",
  {
    id: idText("id").primaryKey(),
    job: text("job").notNull(),
    localDate: date("local_date", { mode: "string" }).notNull(),
    trigger: text("trigger").$type<RunTrigger>().notNull(),
    options: jsonb("options").$type<RunOptions>().notNull(),
    /** The moment that everything a person sees is computed for. */
    asOf: instant("as_of").notNull(),
    status: text("status").$type<RunStatus>().notNull().default("running"),
    totals: jsonb("totals").$type<Totals>().notNull().default({}),
    /** null: unknown, because a model without a known price was used. */
    costUsd: doublePrecision("cost_usd"),
    error: jsonb("error").$type<RecordedError>(),
    createdAt: instant("created_at").notNull().default(sql`clock_timestamp()`),
    finishedAt: instant("finished_at"),
    /** Since then none of its tasks is worked on: whoever claims one ends it. */
    cancelledAt: instant("cancelled_at"),
  },
  (t) => [
    // One run per job and local date, however often the schedule fires; manual runs stand beside it.
    uniqueIndex("run_once_per_date").on(t.job, t.localDate).where(sql`trigger in ('schedule', 'catch-up')`),
    index("run_open").on(t.job, t.createdAt).where(sql`status = 'running'`),
    index("run_by_date").on(t.createdAt.desc()),
    index("run_of_night").on(t.job, t.localDate),
  ],
);

/** What the plan counted for one user. */
export interface PlannedCounts {
  live: number;
  new: number;
  changed: number;
  unchanged: number;
  excluded: number;
  vanished: number;
  /** Vanished notes whose deletion waits for a confirmation. */
  withheld: number;
}

export const runUser = noctuary.table(
  "run_user",
  {
    runId: idText("run_id")
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
    userId: idText("user_id").notNull(),
    /** The last note id that was planned; '' before the first page. */
    cursor: idText("cursor").notNull().default(""),
    counts: jsonb("counts").$type<PlannedCounts>().notNull(),
    plannedAt: instant("planned_at"),
    /** Whether anything happened that the user's clusters must follow. */
    needsCluster: boolean("needs_cluster").notNull().default(false),
    status: text("status").$type<"open" | "done" | "failed">().notNull().default("open"),
  },
  (t) => [
    primaryKey({ columns: [t.runId, t.userId] }),
    index("run_user_open").on(t.runId, t.userId).where(sql`status = 'open'`),
  ],
);

export const task = noctuary.table(
  "task",
  {
    id: idText("id").primaryKey(),
    runId: idText("run_id")
      .notNull()
      .references(() => run.id, { onDelete: "cascade" }),
    step: text("step").notNull(),
    /** The queue that its worker listens to. */
    queue: text("queue").notNull(),
    /** null only for a plan. */
    userId: idText("user_id"),
    payload: jsonb("payload").notNull(),
    status: text("status").$type<TaskStatus>().notNull().default("pending"),
    attempts: integer("attempts").notNull().default(0),
    notBefore: instant("not_before"),
    /** What ends its waiting before `not_before` does: a job and a local date (see wait.ts). */
    waitsFor: text("waits_for"),
    leaseUntil: instant("lease_until"),
    /** Grows with each claim; a worker may finish a task only under the fence that it claimed. */
    fence: bigint("fence", { mode: "number" }).notNull().default(0),
    error: jsonb("error").$type<RecordedError>(),
    result: jsonb("result").$type<Totals>(),
    /**
     * When it was last announced, to within a minute: when its message was written, or sent a good while after that. Earlier
     * where somebody held it at that moment, and null where that is unknown: it is then announced once too often.
     */
    sentAt: instant("sent_at"),
    createdAt: instant("created_at").notNull().default(sql`clock_timestamp()`),
    finishedAt: instant("finished_at"),
  },
  (t) => [
    // A user's notes are embedded in many tasks; every other step of a run is one task a user, and its plan is one.
    uniqueIndex("task_once").on(t.runId, sql`coalesce(user_id, '')`, t.step).where(sql`step <> 'embed'`),
    index("task_waiting").on(t.userId, t.waitsFor).where(sql`waits_for is not null`),
    index("task_by_run_user").on(t.runId, t.userId, t.step),
    index("task_unfinished").on(t.runId).where(sql`status in ('pending', 'running')`),
  ],
);

/**
 * A message to send, written in the transaction that made its task, and removed once the queue has accepted it. The queue
 * only wakes workers.
 */
export const outbox = noctuary.table("outbox", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  queue: text("queue").notNull(),
  taskId: idText("task_id").notNull(),
  userId: idText("user_id"),
  notBefore: instant("not_before"),
  createdAt: instant("created_at").notNull().default(sql`clock_timestamp()`),
  /** Until when one sender has the row to itself; should it die, others take the row after that. */
  claimedUntil: instant("claimed_until"),
  /** Written by nobody: functions of the version before read it while this one is deployed. */
  sentAt: instant("sent_at"),
});
