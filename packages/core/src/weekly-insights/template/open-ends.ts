import type { Sentence } from "../section.ts";
import type { FactBook } from "./fact-book.ts";
import { capitalised, counted, listed, quoted } from "./words.ts";

/** What stayed open, what was closed, what was asked. */
export function openEnds(book: FactBook): Sentence[] {
  return [...toDos(book, "open"), ...toDos(book, "closed"), ...questions(book)];
}

function toDos(book: FactBook, id: "open" | "closed"): Sentence[] {
  if (!book.has(id)) return [];
  const count = book.number(id);
  const shown = book.ids(`${id}-`).slice(0, 2);
  const byNote = Map.groupBy(shown, (one) => book.get(one)!.label!);
  const quotedOnes = [...byNote].map(
    ([label, ones]) => `${listed(ones.map((one) => quoted(book.text(one))))} in ${quoted(label)}`,
  );
  const what =
    id === "open" ? `${count === 1 ? "is" : "are"} still open` : `${count === 1 ? "was" : "were"} ticked off`;
  const such = shown.length < count ? ", such as " : ": ";
  const quotations = shown.length === 0 ? "" : `${such}${listed(quotedOnes)}`;
  return [book.sentence(`${capitalised(counted(count, "to-dos"))} ${what}${quotations}.`, [id, ...shown])];
}

function questions(book: FactBook): Sentence[] {
  const [first] = book.ids("asked-");
  if (first === undefined) return [];
  const { value, label } = book.get(first)!;
  return [book.sentence(`${quoted(label!)} ends on an open question: ${quoted(String(value))}`, [first])];
}
