import { customType, pgSchema, timestamp } from "drizzle-orm/pg-core";

/** Everything Noctuary owns lives here; an app's own tables are never touched. */
export const noctuary = pgSchema("noctuary");

/**
 * Ids come from apps as uuid, cuid or bigint, so they are text. The "C" collation makes `order by id` and
 * `id > $cursor` agree byte by byte on every server, which keyset paging needs.
 */
export const idText = customType<{ data: string }>({ dataType: () => 'text collate "C"' });

/**
 * pgvector's type without a fixed dimension: vectors of several models stand side by side while one replaces
 * the other. Written and read in binary form (vector-codec.ts); drizzle never parses it.
 */
export const vectorBinary = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "vector" });

/** A point in time. Always with zone. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
