CREATE TABLE "noctuary"."compared_cost" (
	"against" text NOT NULL,
	"local_date" date NOT NULL,
	"our_seconds" double precision,
	"our_cost_usd" double precision,
	"their_seconds" double precision,
	"their_cost_usd" double precision,
	CONSTRAINT "compared_cost_against_local_date_pk" PRIMARY KEY("against","local_date")
);
