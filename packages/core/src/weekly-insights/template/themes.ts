import type { Fact } from "../fact.ts";
import { maxSentences, type Sentence } from "../section.ts";
import type { Week } from "../week.ts";
import type { FactBook } from "./fact-book.ts";
import { aboutWords, counted, dayOf, figure, listed, quoted, themeName, weekdayOf } from "./words.ts";

/** What the week was about: its themes with their notes, then the notes that mattered. */
export function themes(book: FactBook, week: Week): Sentence[] {
  const active = book
    .groups("theme")
    .filter((theme) => book.has(`${theme}.notes`) && book.number(`${theme}.notes`) > 0)
    .filter((theme) => !isFadingTo(book, theme));
  const [first, ...rest] = active;
  // The one note of a week stands in its headline; a theme says nothing more of it.
  if (first !== undefined && rest.length === 0 && book.number(`${first}.notes`) === 1) return [];
  if (rest.length > 0 && active.every((theme) => book.number(`${theme}.notes`) === 1))
    return [scattered(book, active), ...remarkableNotes(book, week)].slice(0, maxSentences.themes);
  const sentences = first === undefined ? [] : [leading(book, first, rest.length)];
  const withTitles = rest.filter((theme) => book.ids(`${theme}.title-`).length > 0);
  for (const theme of withTitles.slice(0, 2)) sentences.push(following(book, theme));
  const others = rest.filter((theme) => !withTitles.slice(0, 2).includes(theme));
  if (others.length > 0 && sentences.length < 3) sentences.push(remaining(book, others.slice(0, 4)));
  const notes = remarkableNotes(book, week);
  return [...sentences.slice(0, notes.length > 1 ? 3 : 4), ...notes].slice(0, maxSentences.themes);
}

function remarkableNotes(book: FactBook, week: Week): Sentence[] {
  return book
    .groups("note")
    .filter((note) => book.get(note)!.says.length > 0)
    .map((note) => remarkable(book, note, week));
}

/** As many themes as notes: none of them led. */
function scattered(book: FactBook, active: string[]): Sentence {
  const shown = active.filter((theme) => book.has(`${theme}.title-1`)).slice(0, 3);
  const used = ["themes", ...shown.map((theme) => `${theme}.title-1`)];
  const total = counted(book.number("themes"), "themes");
  if (shown.length === 0) return book.sentence(`The notes went to ${total}.`, used);
  const parts = shown.map(
    (theme) =>
      `${themeName(book.get(`${theme}.title-1`)!.label!)} with ${quoted(book.text(`${theme}.title-1`))}`,
  );
  const some = shown.length < book.number("themes") ? ", among them " : ": ";
  return book.sentence(`The notes went to ${total}${some}${listed(parts)}.`, used);
}

/** A theme that went quiet is told with what moved. */
function isFadingTo(book: FactBook, theme: string): boolean {
  return book.get(`${theme}.notes`)!.says.includes("down");
}

function leading(book: FactBook, theme: string, others: number): Sentence {
  const { label, value, says } = book.get(`${theme}.notes`)!;
  const titles = book.texts(`${theme}.title-`);
  const used = [`${theme}.notes`, ...book.ids(`${theme}.title-`)];
  const name = themeName(label!);
  const among = titles.length === 0 ? "" : `: ${listed(titles.map(quoted))}`;
  const isPart = titles.length > 0 && titles.length < Number(value);
  const some = isPart ? `, among them ${listed(titles.map(quoted))}` : among;
  if (says.includes("most"))
    return book.sentence(`${name} led the week with ${counted(Number(value), "notes")}${some}.`, used);
  if (others === 0)
    return book.sentence(`It was a week of ${name}, with ${counted(Number(value), "notes")}${some}.`, used);
  used.push("themes");
  return book.sentence(
    `The week was spread across ${counted(book.number("themes"), "themes")}, among them ${name} with ${counted(Number(value), "notes")}${isPart ? `, such as ${listed(titles.map(quoted))}` : among}.`,
    used,
  );
}

function following(book: FactBook, theme: string): Sentence {
  const { label, value } = book.get(`${theme}.notes`)!;
  const titles = book.texts(`${theme}.title-`);
  const count = Number(value);
  const used = [`${theme}.notes`, ...book.ids(`${theme}.title-`)];
  const notes = listed(titles.map(quoted));
  if (count === 1) return book.sentence(`${themeName(label!)} had one note, ${notes}.`, used);
  const among =
    titles.length < count ? `${counted(count, "notes")}, such as ` : `${counted(count, "notes")}: `;
  return book.sentence(`${themeName(label!)} had ${among}${notes}.`, used);
}

function remaining(book: FactBook, others: string[]): Sentence {
  const parts = others.map((theme) => {
    const { label, value } = book.get(`${theme}.notes`)!;
    return `${themeName(label!)} (${figure(Number(value))})`;
  });
  return book.sentence(
    `There were also notes on ${listed(parts)}.`,
    others.map((theme) => `${theme}.notes`),
  );
}

/** A note that mattered, and why. */
function remarkable(book: FactBook, note: string, week: Week): Sentence {
  const { label, says } = book.get(note)!;
  const title = quoted(label!);
  const day = book.text(`${note}.date`);
  const used = [note, `${note}.date`, `${note}.words`, `${note}.links`, `${note}.theme`];
  const reasons: string[] = [];
  if (says.includes("linked"))
    reasons.push(`is linked from ${counted(book.number(`${note}.links`), "notes")}`);
  if (says.includes("central")) reasons.push(`sits at the heart of ${themeName(book.text(`${note}.theme`))}`);
  if (says.includes("longest"))
    reasons.push(`was the longest note, ${aboutWords(book.number(`${note}.words`))} on ${weekdayOf(day)}`);
  if (says.includes("back")) return book.sentence(backTo(book, note, title, reasons, week), used);
  return book.sentence(`${title} ${listed(reasons)}.`, stated(book, used, reasons.join(" ")));
}

function backTo(book: FactBook, note: string, title: string, reasons: string[], week: Week): string {
  const from = dayOf(book.text(`${note}.date`), week.lastDay);
  return `You went back to ${title} of ${from}${reasons.length === 0 ? "" : `; it ${listed(reasons)}`}.`;
}

/** Only facts that the sentence states: a date that it leaves out is none of its facts. */
function stated(book: FactBook, ids: string[], text: string): string[] {
  return ids.filter((id) => {
    const found: Fact | undefined = book.get(id);
    return found !== undefined && (found.unit !== "date" || text.includes(weekdayOf(String(found.value))));
  });
}
