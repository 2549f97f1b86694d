import { dateOfDay, dayNumberOf } from "../local-date.ts";
import type { Facts } from "./facts.ts";

/** The sentence that says why: made of the facts alone, so that it can be checked. */
export function reasonFor(facts: Facts): string {
  switch (facts.kind) {
    case "momentum": {
      const written = `${count(facts.notes, "note")} on ${count(facts.days, "day")} since ${spoken(facts.from)}`;
      // "26 times your usual" of hardly a note says less than how many there were.
      if (facts.usual < 1) {
        const weeks = Math.round((dayNumberOf(facts.beforeTo) - dayNumberOf(facts.beforeFrom) + 1) / 7);
        return `${written}, after ${facts.notesBefore} in the ${weeks} weeks before.`;
      }
      return `${written}, ${(facts.notes / facts.usual).toFixed(1)} times your usual for this theme.`;
    }
    case "recurring":
      return (
        `Came up in ${facts.weeks} of the last ${facts.ofWeeks} weeks (${count(facts.noteIds.length, "note")}), ` +
        `after ${facts.weeksBefore === 0 ? "none" : facts.weeksBefore} of the ${facts.ofWeeksBefore} weeks before.`
      );
    case "new-theme":
      return (
        `${count(facts.notes, "note")} on ${count(facts.days, "day")} since ${spoken(facts.from)}` +
        (facts.older === 0
          ? ", and none before."
          : `, and only ${facts.older === 1 ? "1 older one" : `${facts.older} older ones`}` +
            // Of a theme without older notes it would say the opposite of what comes before it.
            (facts.splitFrom === undefined ? "." : ", out of a theme that is older."))
      );
    case "unfinished": {
      const parts = [
        ...(facts.todos > 0 ? [count(facts.todos, "open to-do")] : []),
        ...(facts.questions > 0 ? [count(facts.questions, "open question")] : []),
        ...(facts.stubs > 0 ? [count(facts.stubs, "note hardly begun", "notes hardly begun")] : []),
      ];
      return `${listed(parts)} in ${count(facts.noteIds.length, "note")}, the oldest from ${spoken(facts.oldest)}.`;
    }
    case "resurface": {
      const [closest] = facts.echoes;
      const fresh = new Set(facts.echoes.map(({ newId }) => newId)).size;
      const olds = facts.echoes.length;
      return (
        `${olds === 1 ? "An old note" : `${olds} old notes`} (${spoken(closest!.writtenOn)}) close to ` +
        `${count(fresh, "note")} of this week: similarity ${closest!.similarity.toFixed(2)}, usually ${facts.usual.toFixed(2)}; not linked yet.`
      );
    }
    case "near-duplicates": {
      const sizes = facts.words.map(({ words }) => words);
      const most = Math.max(...sizes);
      return (
        `${count(facts.words.length, "note")} share ${facts.sharedWords} of ${Math.min(...sizes) === most ? "" : "up to "}` +
        `${count(most, "word")}${facts.titlesDiffer ? ", under different titles" : ""}.`
      );
    }
  }
}

export function count(n: number, noun: string, plural = `${noun}s`): string {
  return `${n} ${n === 1 ? noun : plural}`;
}

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);

/** "12 October 2026". */
export function spoken(date: string): string {
  const [year, month, day] = dateOfDay(dayNumberOf(date)).split("-").map(Number);
  return `${day} ${MONTHS[month! - 1]} ${year}`;
}

function listed(parts: string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
