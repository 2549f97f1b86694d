CREATE TABLE "noctuary"."budget_month" (
	"user_id" text collate "C" NOT NULL,
	"month" date NOT NULL,
	"spent_usd" numeric(24, 12) DEFAULT '0' NOT NULL,
	"reserved_usd" numeric(24, 12) DEFAULT '0' NOT NULL,
	"compared_at" timestamp with time zone,
	CONSTRAINT "budget_month_user_id_month_pk" PRIMARY KEY("user_id","month")
);
--> statement-breakpoint
CREATE INDEX "usage_by_day" ON "noctuary"."usage" USING btree ("day");