import type { Sentence } from "../section.ts";
import type { Week } from "../week.ts";
import type { FactBook } from "./fact-book.ts";
import { aboutWords, capitalised, counted, dayOf, figure, quoted, themeName, weekdayOf } from "./words.ts";

/** The week in one line. */
export function headline(book: FactBook, week: Week): Sentence[] {
  const notes = book.number("notes");
  if (notes === 0) return [quietWeek(book, week)];
  if (notes === 1 && book.has("note-1.words")) return [oneNote(book)];
  const used = ["notes", "words"];
  const where = notes > 1 ? ` on ${counted(book.number("days"), "days")}` : "";
  if (where !== "") used.push("days");
  const total = `${capitalised(counted(notes, "notes"))}${against(book, used)}${where}`;
  const words = `${aboutWords(book.number("words"))} in all`;
  return [book.sentence(`${total}, ${words}${lead(book, used)}.`, used)];
}

/** Said of the notes, and so beside them: "six notes (usually three) on two days". */
function against(book: FactBook, used: string[]): string {
  const usual = book.get("notes.usual");
  if (usual === undefined) return "";
  if (book.get("notes")!.says.includes("steady")) return ", as usual,";
  used.push("notes.usual");
  return ` (usually ${Number(usual.value) === 0 ? "none" : figure(Number(usual.value))})`;
}

/** What most of it was about. */
function lead(book: FactBook, used: string[]): string {
  const first = book.get("theme-1.notes");
  if (first === undefined || !first.says.includes("most") || Number(first.value) < 2) return "";
  const name = themeName(first.label!);
  const share = book.get("theme-1.share");
  if (share !== undefined && Number(share.value) >= 50) {
    used.push("theme-1.share");
    return `; ${share.value} % of the notes went to ${name}`;
  }
  used.push("theme-1.notes");
  return `; ${name} led with ${figure(Number(first.value))}`;
}

function oneNote(book: FactBook): Sentence {
  const title = quoted(book.text("note-1"));
  const day = weekdayOf(book.text("note-1.date"));
  return book.sentence(`One note: ${title}, ${aboutWords(book.number("note-1.words"))} on ${day}.`, [
    "notes",
    "note-1",
    "note-1.date",
    "note-1.words",
  ]);
}

function quietWeek(book: FactBook, week: Week): Sentence {
  const to = dayOf(week.lastDay, week.lastDay);
  const first = dayOf(week.firstDay, week.lastDay);
  const from = first.split(" ")[1] === to.split(" ")[1] ? first.split(" ")[0] : first;
  return book.sentence(`A quiet week: no new notes between ${from} and ${to}.`, [
    "notes",
    "week.first",
    "week.last",
  ]);
}
