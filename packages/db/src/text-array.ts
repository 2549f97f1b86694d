import { sql } from "drizzle-orm";

/** A text[] parameter: ids may hold any character, so they travel as JSON and never as an array literal. */
export function textArray(values: readonly string[]) {
  return sql`array(select jsonb_array_elements_text(${JSON.stringify(values)}::jsonb))`;
}
