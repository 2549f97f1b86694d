CREATE TABLE "noctuary"."audit_log" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "noctuary"."audit_log_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"user_id" text collate "C" NOT NULL,
	"actor" text NOT NULL,
	"run_id" text collate "C",
	"task_id" text collate "C",
	"action" text NOT NULL,
	"counts" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "noctuary"."usage" (
	"user_id" text collate "C" NOT NULL,
	"day" date NOT NULL,
	"model" text NOT NULL,
	"inputs" integer DEFAULT 0 NOT NULL,
	"requests" integer DEFAULT 0 NOT NULL,
	"tokens" bigint DEFAULT 0 NOT NULL,
	"cost_usd" double precision,
	CONSTRAINT "usage_user_id_day_model_pk" PRIMARY KEY("user_id","day","model")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."user_setting" (
	"user_id" text collate "C" PRIMARY KEY NOT NULL,
	"time_zone" text DEFAULT 'America/New_York' NOT NULL,
	"ai_enabled" boolean DEFAULT true NOT NULL,
	"monthly_budget_usd" double precision
);
--> statement-breakpoint
CREATE TABLE "noctuary"."user_state" (
	"user_id" text collate "C" PRIMARY KEY NOT NULL,
	"version" bigint DEFAULT 0 NOT NULL,
	"clustered_model" text,
	"hashed_on" date,
	"deletions_withheld_since" date
);
--> statement-breakpoint
CREATE TABLE "noctuary"."cluster" (
	"id" text collate "C" NOT NULL,
	"user_id" text collate "C" NOT NULL,
	"level" text NOT NULL,
	"parent_id" text collate "C",
	"name" text NOT NULL,
	"named_by" text DEFAULT 'noctuary' NOT NULL,
	"named_size" integer NOT NULL,
	"keyphrases" text[] NOT NULL,
	"size" integer NOT NULL,
	"centroid" vector,
	"cohesion" real,
	"born_at" timestamp with time zone NOT NULL,
	"retired_at" timestamp with time zone,
	CONSTRAINT "cluster_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."cluster_event" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "noctuary"."cluster_event_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text collate "C" NOT NULL,
	"run_id" text collate "C" NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"kind" text NOT NULL,
	"cluster_id" text collate "C" NOT NULL,
	"other_id" text collate "C",
	"note_id" text collate "C",
	"share" real,
	"notes_before" integer NOT NULL,
	"notes_after" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "noctuary"."cluster_membership" (
	"user_id" text collate "C" NOT NULL,
	"note_id" text collate "C" NOT NULL,
	"cluster_id" text collate "C" NOT NULL,
	"confidence" real NOT NULL,
	"rival_id" text collate "C",
	"loose" boolean NOT NULL,
	CONSTRAINT "cluster_membership_user_id_note_id_pk" PRIMARY KEY("user_id","note_id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "noctuary"."outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"queue" text NOT NULL,
	"task_id" text collate "C" NOT NULL,
	"user_id" text collate "C",
	"not_before" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"claimed_until" timestamp with time zone,
	"sent_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "noctuary"."run" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"job" text NOT NULL,
	"local_date" date NOT NULL,
	"trigger" text NOT NULL,
	"options" jsonb NOT NULL,
	"as_of" timestamp with time zone NOT NULL,
	"status" text DEFAULT 'running' NOT NULL,
	"totals" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"cost_usd" double precision,
	"error" jsonb,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "noctuary"."run_user" (
	"run_id" text collate "C" NOT NULL,
	"user_id" text collate "C" NOT NULL,
	"cursor" text collate "C" DEFAULT '' NOT NULL,
	"counts" jsonb NOT NULL,
	"planned_at" timestamp with time zone,
	"needs_cluster" boolean DEFAULT false NOT NULL,
	"status" text DEFAULT 'open' NOT NULL,
	CONSTRAINT "run_user_run_id_user_id_pk" PRIMARY KEY("run_id","user_id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."task" (
	"id" text collate "C" PRIMARY KEY NOT NULL,
	"run_id" text collate "C" NOT NULL,
	"step" text NOT NULL,
	"queue" text NOT NULL,
	"user_id" text collate "C",
	"payload" jsonb NOT NULL,
	"status" text DEFAULT 'pending' NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"not_before" timestamp with time zone,
	"lease_until" timestamp with time zone,
	"fence" bigint DEFAULT 0 NOT NULL,
	"error" jsonb,
	"result" jsonb,
	"sent_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"finished_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "noctuary"."note" (
	"id" text collate "C" NOT NULL,
	"user_id" text collate "C" NOT NULL,
	"title" text NOT NULL,
	"body" text NOT NULL,
	"tags" text[] DEFAULT '{}' NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"deleted_at" timestamp with time zone,
	"ai_excluded" boolean DEFAULT false NOT NULL,
	CONSTRAINT "note_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."note_embedding" (
	"user_id" text collate "C" NOT NULL,
	"note_id" text collate "C" NOT NULL,
	"model" text NOT NULL,
	"dimensions" integer NOT NULL,
	"content_hash" text,
	"vector" vector,
	"failed_hash" text,
	"failed_code" text,
	"seen_updated_at" timestamp with time zone NOT NULL,
	"embedded_at" timestamp with time zone,
	CONSTRAINT "note_embedding_user_id_note_id_model_dimensions_pk" PRIMARY KEY("user_id","note_id","model","dimensions")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."source" (
	"id" text collate "C" NOT NULL,
	"user_id" text collate "C" NOT NULL,
	"kind" text NOT NULL,
	"path" text NOT NULL,
	"synced_at" timestamp with time zone,
	CONSTRAINT "source_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."source_note" (
	"user_id" text collate "C" NOT NULL,
	"source_id" text collate "C" NOT NULL,
	"note_id" text collate "C" NOT NULL,
	"key" text NOT NULL,
	"content_hash" text NOT NULL,
	"text_hash" text NOT NULL,
	"removed_at" timestamp with time zone,
	CONSTRAINT "source_note_user_id_note_id_pk" PRIMARY KEY("user_id","note_id")
);
--> statement-breakpoint
ALTER TABLE "noctuary"."run_user" ADD CONSTRAINT "run_user_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "noctuary"."run"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "noctuary"."task" ADD CONSTRAINT "task_run_id_run_id_fk" FOREIGN KEY ("run_id") REFERENCES "noctuary"."run"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "audit_log_by_user" ON "noctuary"."audit_log" USING btree ("user_id","at");--> statement-breakpoint
CREATE INDEX "cluster_living" ON "noctuary"."cluster" USING btree ("user_id","level") WHERE retired_at is null;--> statement-breakpoint
CREATE INDEX "cluster_event_by_cluster" ON "noctuary"."cluster_event" USING btree ("user_id","cluster_id","at");--> statement-breakpoint
CREATE INDEX "cluster_event_by_run" ON "noctuary"."cluster_event" USING btree ("user_id","run_id");--> statement-breakpoint
CREATE INDEX "cluster_membership_by_cluster" ON "noctuary"."cluster_membership" USING btree ("user_id","cluster_id");--> statement-breakpoint
CREATE INDEX "outbox_unsent" ON "noctuary"."outbox" USING btree ("id") WHERE sent_at is null;--> statement-breakpoint
CREATE INDEX "outbox_sent" ON "noctuary"."outbox" USING btree ("sent_at") WHERE sent_at is not null;--> statement-breakpoint
CREATE INDEX "outbox_by_task" ON "noctuary"."outbox" USING btree ("task_id");--> statement-breakpoint
CREATE UNIQUE INDEX "run_once_per_date" ON "noctuary"."run" USING btree ("job","local_date") WHERE trigger in ('schedule', 'catch-up');--> statement-breakpoint
CREATE INDEX "run_open" ON "noctuary"."run" USING btree ("job","created_at") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "run_by_date" ON "noctuary"."run" USING btree ("created_at" DESC NULLS LAST);--> statement-breakpoint
CREATE INDEX "run_user_open" ON "noctuary"."run_user" USING btree ("run_id","user_id") WHERE status = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX "task_one_plan" ON "noctuary"."task" USING btree ("run_id") WHERE step = 'plan';--> statement-breakpoint
CREATE UNIQUE INDEX "task_one_cluster" ON "noctuary"."task" USING btree ("run_id","user_id") WHERE step = 'cluster';--> statement-breakpoint
CREATE INDEX "task_by_run_user" ON "noctuary"."task" USING btree ("run_id","user_id","step");--> statement-breakpoint
CREATE INDEX "task_unfinished" ON "noctuary"."task" USING btree ("run_id") WHERE status in ('pending', 'running');--> statement-breakpoint
CREATE INDEX "task_due" ON "noctuary"."task" USING btree ("not_before","id") WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX "task_leased" ON "noctuary"."task" USING btree ("lease_until") WHERE status = 'running';--> statement-breakpoint
CREATE INDEX "note_plan" ON "noctuary"."note" USING btree ("user_id","id","updated_at","deleted_at","ai_excluded");--> statement-breakpoint
CREATE INDEX "note_embedding_plan" ON "noctuary"."note_embedding" USING btree ("user_id","note_id","model","dimensions","seen_updated_at");--> statement-breakpoint
CREATE INDEX "note_embedding_hash" ON "noctuary"."note_embedding" USING btree ("user_id","content_hash");--> statement-breakpoint
CREATE INDEX "source_note_by_source" ON "noctuary"."source_note" USING btree ("user_id","source_id");