CREATE TABLE "noctuary"."stack_title_draft" (
	"user_id" text collate "C" NOT NULL,
	"title_key" text NOT NULL,
	"title" text,
	"at" timestamp with time zone NOT NULL,
	CONSTRAINT "stack_title_draft_user_id_title_key_pk" PRIMARY KEY("user_id","title_key")
);
--> statement-breakpoint
CREATE INDEX "cluster_event_of_topics" ON "noctuary"."cluster_event" USING btree ("user_id","at") WHERE kind in ('born', 'split', 'merged', 'returned');