CREATE TABLE "noctuary"."attachment" (
	"only_one" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"request" jsonb NOT NULL,
	"query" text NOT NULL,
	"dependents" jsonb NOT NULL,
	"attached_at" timestamp with time zone DEFAULT clock_timestamp() NOT NULL
);
