CREATE TABLE "noctuary"."smart_stack" (
	"user_id" text collate "C" NOT NULL,
	"id" text collate "C" NOT NULL,
	"kind" text NOT NULL,
	"cluster_id" text collate "C",
	"title" text NOT NULL,
	"titled_by" text DEFAULT 'noctuary' NOT NULL,
	"title_key" text,
	"reason" text NOT NULL,
	"facts" jsonb NOT NULL,
	"priority" double precision NOT NULL,
	"priority_parts" jsonb NOT NULL,
	"earlier_clusters" boolean DEFAULT false NOT NULL,
	"born_at" timestamp with time zone NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	"retired_at" timestamp with time zone,
	"retired_cause" text,
	CONSTRAINT "smart_stack_user_id_id_pk" PRIMARY KEY("user_id","id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."smart_stack_note" (
	"user_id" text collate "C" NOT NULL,
	"stack_id" text collate "C" NOT NULL,
	"note_id" text collate "C" NOT NULL,
	"rank" integer,
	"remark" text,
	CONSTRAINT "smart_stack_note_user_id_stack_id_note_id_pk" PRIMARY KEY("user_id","stack_id","note_id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."stack_report" (
	"user_id" text collate "C" NOT NULL,
	"run_id" text collate "C" NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"report" jsonb NOT NULL,
	CONSTRAINT "stack_report_user_id_run_id_pk" PRIMARY KEY("user_id","run_id")
);
--> statement-breakpoint
CREATE TABLE "noctuary"."stack_verdict" (
	"user_id" text collate "C" DEFAULT noctuary.current_user_id() NOT NULL,
	"stack_id" text collate "C" NOT NULL,
	"verdict" text NOT NULL,
	"at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "stack_verdict_user_id_stack_id_pk" PRIMARY KEY("user_id","stack_id"),
	CONSTRAINT "stack_verdict_is_known" CHECK (verdict in ('dismissed', 'kept'))
);
--> statement-breakpoint
CREATE INDEX "smart_stack_living" ON "noctuary"."smart_stack" USING btree ("user_id","priority") WHERE retired_at is null;--> statement-breakpoint
CREATE INDEX "smart_stack_retired" ON "noctuary"."smart_stack" USING btree ("user_id","retired_at") WHERE retired_at is not null;--> statement-breakpoint
CREATE INDEX "smart_stack_note_by_note" ON "noctuary"."smart_stack_note" USING btree ("user_id","note_id");