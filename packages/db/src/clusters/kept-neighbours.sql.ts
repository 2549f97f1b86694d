import { bigint, customType, integer, primaryKey, text } from "drizzle-orm/pg-core";
import { idText, noctuary } from "../columns.ts";

const bytes = customType<{ data: Buffer }>({ dataType: () => "bytea" });

/**
 * What clustering keeps of one user's vectors from night to night: codes and neighbour lists, in chunks. Nothing here
 * is worth a backup: whatever is missing or damaged is made again from the vectors.
 */
export const keptNeighbours = noctuary.table("kept_neighbours", {
  userId: idText("user_id").primaryKey(),
  model: text("model").notNull(),
  dimensions: integer("dimensions").notNull(),
  /** Of the format and of the arithmetic. */
  version: integer("version").notNull(),
  slots: integer("slots").notNull(),
  /** Of all chunks' checksums. */
  checksum: bigint("checksum", { mode: "number" }).notNull(),
});

export const keptNeighboursChunk = noctuary.table(
  "kept_neighbours_chunk",
  {
    userId: idText("user_id").notNull(),
    part: text("part").notNull(),
    chunk: integer("chunk").notNull(),
    checksum: bigint("checksum", { mode: "number" }).notNull(),
    bytes: bytes("bytes").notNull(),
  },
  (t) => [primaryKey({ columns: [t.userId, t.part, t.chunk] })],
);
