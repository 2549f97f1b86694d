import { sql } from "drizzle-orm";
import { boolean, integer, text } from "drizzle-orm/pg-core";
import { instant, noctuary } from "../columns.ts";

/** Another embedding model that is being tried beside the one in use: the vectors of both stay. One row, or none. */
export const embeddingTrial = noctuary.table("embedding_trial", {
  onlyOne: boolean("only_one").primaryKey().default(true),
  model: text("model").notNull(),
  dimensions: integer("dimensions").notNull(),
  /** The one that was in use when the trial began. */
  againstModel: text("against_model").notNull(),
  againstDimensions: integer("against_dimensions").notNull(),
  startedAt: instant("started_at").notNull().default(sql`clock_timestamp()`),
});
