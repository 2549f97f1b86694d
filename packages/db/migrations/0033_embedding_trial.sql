CREATE TABLE "noctuary"."embedding_trial" (
	"only_one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"model" text NOT NULL,
	"dimensions" integer NOT NULL,
	"against_model" text NOT NULL,
	"against_dimensions" integer NOT NULL,
	"started_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
