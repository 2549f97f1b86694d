import type { Sentence } from "../section.ts";
import type { Week } from "../week.ts";
import type { FactBook } from "./fact-book.ts";
import { counted, dayOf, listed, quoted } from "./words.ts";

/** A note from long ago that a note of this week echoes, and the words by which one can see that. */
export function past(book: FactBook, week: Week): Sentence[] {
  if (!book.has("echo.old")) return [];
  const { value: age, unit } = book.get("echo.age")!;
  const words = book.texts("echo.word-");
  const from = dayOf(book.text("echo.date"), week.lastDay);
  return [
    book.sentence(
      `${quoted(book.text("echo.note"))} echoes ${quoted(book.text("echo.old"))}, written on ${from}, ${counted(Number(age), unit)} before: both speak of ${listed(words)}.`,
      ["echo.note", "echo.old", "echo.date", "echo.age", ...book.ids("echo.word-")],
    ),
  ];
}
