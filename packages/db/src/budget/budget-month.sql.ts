import { date, numeric, primaryKey } from "drizzle-orm/pg-core";
import { idText, instant, noctuary } from "../columns.ts";

/** Dollars to a millionth of a millionth: one token of a cheap model costs two hundred-millionths. */
const usd = (name: string) => numeric(name, { precision: 24, scale: 12 });

/** What calls of providers have cost in a month, of whoever has a budget for it. Months are UTC's, by the database's clock. */
export const budgetMonth = noctuary.table(
  "budget_month",
  {
    /** '' for all users together. */
    userId: idText("user_id").notNull(),
    /** Its first day. */
    month: date("month", { mode: "string" }).notNull(),
    /** By what providers have told, and where they told nothing, by what was set aside. */
    spentUsd: usd("spent_usd").notNull().default("0"),
    /** Set aside for calls under way, and for those whose end nobody saw: they may have been paid for. */
    reservedUsd: usd("reserved_usd").notNull().default("0"),
    /** When it was last compared with `usage`, which also counts what was spent while there was no budget. */
    comparedAt: instant("compared_at"),
  },
  (t) => [primaryKey({ columns: [t.userId, t.month] })],
);
