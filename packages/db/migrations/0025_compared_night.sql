CREATE TABLE "noctuary"."compared_night" (
	"user_id" text collate "C" NOT NULL,
	"against" text NOT NULL,
	"local_date" date NOT NULL,
	"ari" double precision NOT NULL,
	"notes" integer NOT NULL,
	"counts" jsonb NOT NULL,
	"compared_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
	CONSTRAINT "compared_night_user_id_against_local_date_pk" PRIMARY KEY("user_id","against","local_date")
);
