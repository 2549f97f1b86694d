import { sql } from "drizzle-orm";

/**
 * What the note `n` of a query is called where it is shown: its title, or its first words where it has none. What is
 * compared or embedded is its true title.
 */
export const shownTitle = sql.raw("shown_title(n.title, n.body)");
