CREATE TABLE "noctuary"."forget" (
	"user_id" text collate "C" DEFAULT noctuary.current_user_id() NOT NULL,
	"id" text collate "C" DEFAULT gen_random_uuid()::text NOT NULL,
	"note_id" text collate "C",
	"requested_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "forget_user_id_id_pk" PRIMARY KEY("user_id","id")
);
