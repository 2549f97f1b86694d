import { sql } from "drizzle-orm";
import { primaryKey } from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

/** What an app wants forgotten: the next night carries it out, and the row goes with it. */
export const forget = noctuary.table(
  "forget",
  {
    userId: idText("user_id").notNull().default(sql`noctuary.current_user_id()`),
    id: idText("id").notNull().default(sql`gen_random_uuid()::text`),
    /** null: everything about the user. */
    noteId: idText("note_id"),
    requestedAt: instant("requested_at").notNull().default(sql`clock_timestamp()`),
  },
  (t) => [primaryKey({ columns: [t.userId, t.id] })],
);
