import type { Fact } from "./fact.ts";
import { countFacts, datesOf } from "./facts/count-facts.ts";
import { noteFacts } from "./facts/note-facts.ts";
import { openEndFacts } from "./facts/open-end-facts.ts";
import { themeFacts } from "./facts/theme-facts.ts";
import { connectionFacts, echoFacts } from "./facts/tie-facts.ts";
import type { WeekAccount } from "./week-account.ts";

/**
 * What is known about a week, in the order in which it is told. Computed from counts, dates and links alone: no model
 * has a part in it, and the same account gives the same facts. A week in which nothing was written or changed has its dates and one fact, that there is no note.
 */
export function weekFacts(account: WeekAccount): Fact[] {
  if (account.notes.length === 0) {
    return [...datesOf(account), { id: "notes", value: 0, unit: "notes", says: ["down"], noteIds: [] }];
  }
  return [
    ...countFacts(account),
    ...themeFacts(account),
    ...noteFacts(account),
    ...openEndFacts(account),
    ...connectionFacts(account),
    ...echoFacts(account),
  ];
}
