CREATE TABLE "noctuary"."provider_state" (
	"key" text PRIMARY KEY NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failure_code" text,
	"open_until" timestamp with time zone,
	"probe_until" timestamp with time zone,
	"blocked_until" timestamp with time zone,
	"tokens_per_minute" double precision,
	"requests_per_minute" double precision,
	"tokens_at" timestamp with time zone,
	"requests_at" timestamp with time zone
);
