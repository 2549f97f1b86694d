import type { Fact } from "../fact.ts";
import { plainQuotes } from "./evidence.ts";
import { type MaskedText, type Named, namedIn } from "./masked-text.ts";
import { reached } from "./reach.ts";
import type { Token } from "./tokens.ts";

/** What stands before the word is the earlier one: "“X” came before “Y”". */
const earlierFirst = /^(?:before|preced(?:es|ed|ing)|then|earlier|older|prior|until|till)$/;
/** What stands before the word is the later one: "“X” came after “Y”". */
const laterFirst = /^(?:after|follow(?:s|ed|ing)|since|later|newer)$/;

const rank = /^(?:first|last|latest|earliest|oldest|newest|final|initial)$/;
const bound = /^(?:open|beg[iau]n|start|end|clos|conclud|finish)(?:s|es|ed|ing|ning)?$/;

/**
 * Whether notes, of which a sentence says that one came before the other, have dates in its facts that say so; and
 * whether none is told as the first or the last of the week, for no fact says which one that is.
 */
export function areInOrder(tokens: readonly Token[], masked: MaskedText, facts: readonly Fact[]): boolean {
  const named = namedIn(masked);
  const dates = new Map(
    facts
      .filter(({ unit }) => unit === "date")
      .map(({ label, value }) => [plainQuotes(label ?? ""), String(value)]),
  );
  const titles = facts.filter(({ unit }) => unit === "title").map(({ value }) => plainQuotes(String(value)));
  const isNote = (one: Named | undefined) =>
    one !== undefined && (dates.has(one.said) || titles.includes(one.said));
  const isEarlier = (one: Named, other: Named) => {
    const [date, otherDate] = [dates.get(one.said), dates.get(other.said)];
    return date !== undefined && otherDate !== undefined && date < otherDate;
  };
  const around = ({ start, end }: Token): [before: Named[], after: Named[]] => {
    const before = named.filter((one) => one.end <= start).reverse();
    const after = named.filter((one) => one.start >= end);
    return [reached(masked.text, start, before), reached(masked.text, end, after)];
  };

  return tokens.every((token, i) => {
    const { text } = token;
    const [next = "", afterNext] = tokens.slice(i + 1, i + 3).map((one) => one.text);
    if (rank.test(text)) return !around(token).some(([nearest]) => isNote(nearest));
    if (bound.test(text)) {
      const [before, after] = around(token);
      if (/^(?:with|on)$/.test(next)) return !isNote(after[0]); // "the week opened with “X”"
      return !(next === "week" || afterNext === "week") || !isNote(before[0]); // "“X” opened the week"
    }
    const isForwards = earlierFirst.test(text);
    if (!isForwards && !laterFirst.test(text)) return true;
    const [before, after] = around(token);
    // "After “X” came “Y”": both stand behind the word, the one that it is said of last.
    const [one, other] = before.length > 0 ? [before[0], after[0]] : [after[1], after[0]];
    if (one === undefined || other === undefined) return true;
    const isTurned = next === "by"; // "is followed by"
    return isForwards !== isTurned ? isEarlier(one, other) : isEarlier(other, one);
  });
}
