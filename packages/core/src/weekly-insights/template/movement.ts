import { maxSentences, type Sentence } from "../section.ts";
import type { FactBook } from "./fact-book.ts";
import { counted, figure, listed, quoted, themeName } from "./words.ts";

/** What moved: themes that began, grew, came back, went quiet, kept their pace; and what was joined. */
export function movement(book: FactBook): Sentence[] {
  const themes = book.groups("theme").filter((theme) => book.has(`${theme}.notes`));
  const that = (saying: "new" | "up" | "back" | "down" | "steady") =>
    themes.filter((theme) => book.get(`${theme}.notes`)!.says.includes(saying));
  const told = [
    ...that("new").map((theme) => begun(book, theme)),
    ...that("up").map((theme) => grown(book, theme)),
    ...that("back").map((theme) => returned(book, theme)),
    ...that("down").map((theme) => faded(book, theme)),
  ];
  const joined = book.has("connection") ? [connection(book)] : [];
  const steady = that("steady").filter((theme) => book.number(`${theme}.notes`) > 0);
  const kept =
    steady.length > 0 && told.length > 0 && told.length < 4 ? [keptPace(book, steady.slice(0, 3))] : [];
  return [...told.slice(0, maxSentences.movement - joined.length - kept.length), ...kept, ...joined];
}

const nameOf = (book: FactBook, theme: string) => themeName(book.get(`${theme}.notes`)!.label!);
const notesOf = (book: FactBook, theme: string) => counted(book.number(`${theme}.notes`), "notes");

function begun(book: FactBook, theme: string): Sentence {
  return book.sentence(`${nameOf(book, theme)} is new this week, with ${notesOf(book, theme)}.`, [
    `${theme}.notes`,
  ]);
}

function grown(book: FactBook, theme: string): Sentence {
  const usual = book.number(`${theme}.usual`);
  const from = usual === 0 ? "" : `, up from a usual ${figure(usual)}`;
  return book.sentence(`${nameOf(book, theme)} picked up: ${notesOf(book, theme)}${from}.`, [
    `${theme}.notes`,
    ...(usual === 0 ? [] : [`${theme}.usual`]),
  ]);
}

function returned(book: FactBook, theme: string): Sentence {
  const away = book.get(`${theme}.away`);
  const after = away === undefined ? "" : ` after ${counted(Number(away.value), "weeks")}`;
  return book.sentence(`${nameOf(book, theme)} came back${after}, with ${notesOf(book, theme)}.`, [
    `${theme}.notes`,
    `${theme}.away`,
  ]);
}

function faded(book: FactBook, theme: string): Sentence {
  const notes = book.number(`${theme}.notes`);
  const usual = book.get(`${theme}.usual`);
  if (notes > 0 && usual !== undefined)
    return book.sentence(
      `${nameOf(book, theme)} slowed to ${notesOf(book, theme)}, down from a usual ${figure(Number(usual.value))}.`,
      [`${theme}.notes`, `${theme}.usual`],
    );
  return book.sentence(
    `${nameOf(book, theme)} went quiet, after ${counted(book.number(`${theme}.before`), "notes")} in the ${counted(book.number("weeks"), "weeks")} before.`,
    [`${theme}.notes`, `${theme}.before`, "weeks"],
  );
}

function keptPace(book: FactBook, themes: string[]): Sentence {
  const names = listed(themes.map((theme) => nameOf(book, theme)));
  return book.sentence(
    `${names} kept ${themes.length === 1 ? "its" : "their"} pace.`,
    themes.map((theme) => `${theme}.notes`),
  );
}

function connection(book: FactBook): Sentence {
  const from = themeName(book.text("connection.from"));
  const to = themeName(book.text("connection.to"));
  const title = quoted(book.text("connection"));
  const facts = ["connection", "connection.from", "connection.to", "connection.target"];
  return book.has("connection.target")
    ? book.sentence(
        `${title} ties ${from} to ${to}: it links to ${quoted(book.text("connection.target"))}.`,
        facts,
      )
    : book.sentence(`${title} stands between ${from} and ${to}.`, facts);
}
