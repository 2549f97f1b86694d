import { date, doublePrecision, primaryKey, text } from "drizzle-orm/pg-core";
import { noctuary } from "../columns.ts";

/** What a compared night took on either side, all users together; null: nobody knows. */
export const comparedCost = noctuary.table(
  "compared_cost",
  {
    against: text("against").notNull(),
    localDate: date("local_date", { mode: "string" }).notNull(),
    ourSeconds: doublePrecision("our_seconds"),
    ourCostUsd: doublePrecision("our_cost_usd"),
    theirSeconds: doublePrecision("their_seconds"),
    theirCostUsd: doublePrecision("their_cost_usd"),
  },
  (t) => [primaryKey({ columns: [t.against, t.localDate] })],
);
