import { sql } from "drizzle-orm";
import { date, doublePrecision, integer, jsonb, primaryKey, text } from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

/** How well another grouping of one user's notes agreed with ours on one night. Numbers alone. */
export const comparedNight = noctuary.table(
  "compared_night",
  {
    userId: idText("user_id").notNull(),
    /** With what: an older system, or another embedding model. */
    against: text("against").notNull(),
    localDate: date("local_date", { mode: "string" }).notNull(),
    ari: doublePrecision("ari").notNull(),
    /** Notes that both have grouped. */
    notes: integer("notes").notNull(),
    counts: jsonb("counts").$type<Record<string, number>>().notNull(),
    comparedAt: instant("compared_at").notNull().default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.userId, t.against, t.localDate] })],
);
