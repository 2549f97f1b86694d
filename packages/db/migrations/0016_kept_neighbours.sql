CREATE TABLE "noctuary"."kept_neighbours" (
	"user_id" text collate "C" PRIMARY KEY NOT NULL,
	"model" text NOT NULL,
	"dimensions" integer NOT NULL,
	"version" integer NOT NULL,
	"slots" integer NOT NULL,
	"checksum" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "noctuary"."kept_neighbours_chunk" (
	"user_id" text collate "C" NOT NULL,
	"part" text NOT NULL,
	"chunk" integer NOT NULL,
	"checksum" bigint NOT NULL,
	"bytes" "bytea" NOT NULL,
	CONSTRAINT "kept_neighbours_chunk_user_id_part_chunk_pk" PRIMARY KEY("user_id","part","chunk")
);
