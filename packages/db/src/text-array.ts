import { sql } from "drizzle-orm";

/**
 * A text[] parameter. The driver quotes each value, so ids may hold any character; and the planner sees how many there
 * are, which it does not of an array that the query makes.
 */
export function textArray(values: readonly string[]) {
  return sql`${sql.param(values)}::text[]`;
}
