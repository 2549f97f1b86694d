CREATE TABLE "noctuary"."event_outbox" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "noctuary"."event_outbox_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"user_id" text collate "C" NOT NULL,
	"type" text NOT NULL,
	"subject" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"claimed_until" timestamp with time zone,
	"sent_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "noctuary"."insight" (
	"user_id" text collate "C" NOT NULL,
	"week" date NOT NULL,
	"time_zone" text NOT NULL,
	"schema_version" integer NOT NULL,
	"status" text NOT NULL,
	"facts" jsonb NOT NULL,
	"open_ends" jsonb NOT NULL,
	"notes_left_out" integer DEFAULT 0 NOT NULL,
	"run_id" text collate "C" NOT NULL,
	"written_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "insight_user_id_week_pk" PRIMARY KEY("user_id","week")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."insight_section" (
	"user_id" text collate "C" NOT NULL,
	"week" date NOT NULL,
	"section" text NOT NULL,
	"position" integer NOT NULL,
	"written_by" text NOT NULL,
	"sentences" jsonb NOT NULL,
	"dropped" jsonb NOT NULL,
	"missing_code" text,
	"model" text,
	"prompt_version" integer,
	"input_tokens" integer DEFAULT 0 NOT NULL,
	"output_tokens" integer DEFAULT 0 NOT NULL,
	"cost_usd" double precision,
	CONSTRAINT "insight_section_user_id_week_section_pk" PRIMARY KEY("user_id","week","section")
);
--> statement-breakpoint
CREATE UNIQUE INDEX "event_outbox_once" ON "noctuary"."event_outbox" USING btree ("user_id","type","subject");--> statement-breakpoint
CREATE INDEX "event_outbox_unsent" ON "noctuary"."event_outbox" USING btree ("id") WHERE sent_at is null;