CREATE TABLE "noctuary"."cluster_edit" (
	"user_id" text collate "C" DEFAULT noctuary.current_user_id() NOT NULL,
	"id" text collate "C" DEFAULT gen_random_uuid()::text NOT NULL,
	"kind" text NOT NULL,
	"cluster_id" text collate "C" NOT NULL,
	"other_id" text collate "C",
	"note_ids" text[] DEFAULT '{}' NOT NULL,
	"name" text,
	"created_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	"outcome" text,
	"outcome_at" timestamp with time zone,
	"notes_kept" integer,
	CONSTRAINT "cluster_edit_user_id_id_pk" PRIMARY KEY("user_id","id"),
	CONSTRAINT "cluster_edit_is_whole" CHECK (case kind when 'rename' then btrim(name) <> '' and length(name) <= 200 and name is not null
        when 'merge' then other_id <> cluster_id and other_id is not null
        when 'split' then cardinality(note_ids) between 1 and 10000
        when 'move' then cardinality(note_ids) between 1 and 10000
        when 'not-here' then cardinality(note_ids) between 1 and 10000
        else kind in ('pin', 'forget') end)
);
--> statement-breakpoint
ALTER TABLE "noctuary"."cluster_event" ALTER COLUMN "run_id" DROP NOT NULL;--> statement-breakpoint
ALTER TABLE "noctuary"."cluster" ADD COLUMN "merged_into" text collate "C";--> statement-breakpoint
ALTER TABLE "noctuary"."cluster" ADD COLUMN "retired_by" text collate "C";--> statement-breakpoint
ALTER TABLE "noctuary"."cluster" ADD COLUMN "last_members" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "noctuary"."cluster_event" ADD COLUMN "cause" text;--> statement-breakpoint
ALTER TABLE "noctuary"."cluster_event" ADD COLUMN "edit_id" text collate "C";--> statement-breakpoint
ALTER TABLE "noctuary"."cluster_membership" ADD COLUMN "placed_by" text DEFAULT 'noctuary' NOT NULL;--> statement-breakpoint
ALTER TABLE "noctuary"."cluster_edit" ADD CONSTRAINT "cluster_edit_user_id_cluster_id_cluster_user_id_id_fk" FOREIGN KEY ("user_id","cluster_id") REFERENCES "noctuary"."cluster"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "noctuary"."cluster_edit" ADD CONSTRAINT "cluster_edit_user_id_other_id_cluster_user_id_id_fk" FOREIGN KEY ("user_id","other_id") REFERENCES "noctuary"."cluster"("user_id","id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "cluster_edit_in_order" ON "noctuary"."cluster_edit" USING btree ("user_id","created_at","id");