import { maxSentences, type Sentence } from "../section.ts";
import type { FactBook } from "./fact-book.ts";
import { counted, figure, listed, quoted, themeName } from "./words.ts";

/** What moved: themes that began, grew, came back, went quiet, kept their pace; and what was joined. */
export function movement(book: FactBook): Sentence[] {
  const themes = book.groups("theme").filter((theme) => book.has(`${theme}.notes`));
  const that = (saying: "new" | "up" | "back" | "down" | "steady") =>
    themes.filter((theme) => book.get(`${theme}.notes`)!.says.includes(saying));
  const told = [
    ...begun(book, that("new")),
    ...grown(book, that("up")),
    ...returned(book, that("back")),
    ...faded(book, that("down")),
  ];
  const joined = book.has("connection") ? [connection(book)] : [];
  // That one note came as always is no news.
  const steady = that("steady").filter((theme) => book.number(`${theme}.notes`) > 1);
  const kept =
    steady.length > 0 && told.length > 0 && told.length < 4 ? [keptPace(book, steady.slice(0, 3))] : [];
  return [...told.slice(0, maxSentences.movement - joined.length - kept.length), ...kept, ...joined];
}

const nameOf = (book: FactBook, theme: string) => themeName(book.get(`${theme}.notes`)!.label!);
const namesOf = (book: FactBook, themes: string[]) => listed(themes.map((theme) => nameOf(book, theme)));
const notesOf = (book: FactBook, theme: string) => counted(book.number(`${theme}.notes`), "notes");

function begun(book: FactBook, themes: string[]): Sentence[] {
  const facts = themes.map((theme) => `${theme}.notes`);
  if (themes.length > 1) return [book.sentence(`${namesOf(book, themes)} are new this week.`, facts)];
  return themes.map((theme) =>
    book.sentence(`${nameOf(book, theme)} is new this week, with ${notesOf(book, theme)}.`, facts),
  );
}

/** Those that have a usual are told one by one, the others in one breath where they have as many notes. */
function grown(book: FactBook, themes: string[]): Sentence[] {
  const [known, rare] = [
    themes.filter((theme) => book.number(`${theme}.usual`) > 0),
    themes.filter((theme) => book.number(`${theme}.usual`) === 0),
  ];
  return [
    ...known.map((theme) =>
      book.sentence(
        `${nameOf(book, theme)} picked up: ${notesOf(book, theme)}, up from a usual ${figure(book.number(`${theme}.usual`))}.`,
        [`${theme}.notes`, `${theme}.usual`],
      ),
    ),
    ...[...Map.groupBy(rare, (theme) => book.number(`${theme}.notes`)).values()].map((alike) =>
      book.sentence(
        `${namesOf(book, alike)} picked up, with ${notesOf(book, alike[0]!)}${alike.length > 1 ? " apiece" : ""}, more than usual.`,
        alike.map((theme) => `${theme}.notes`),
      ),
    ),
  ];
}

/** The one that was away longest in full, the others by name. */
function returned(book: FactBook, themes: string[]): Sentence[] {
  const weeksAway = (theme: string) => Number(book.get(`${theme}.away`)?.value ?? 0);
  const [first, ...others] = themes.toSorted((a, b) => weeksAway(b) - weeksAway(a));
  if (first === undefined) return [];
  const after = weeksAway(first) === 0 ? "" : ` after ${counted(weeksAway(first), "weeks")}`;
  return [
    book.sentence(`${nameOf(book, first)} came back${after}, with ${notesOf(book, first)}.`, [
      `${first}.notes`,
      `${first}.away`,
    ]),
    ...(others.length === 0
      ? []
      : [
          book.sentence(
            `${namesOf(book, others)} came back as well.`,
            others.map((theme) => `${theme}.notes`),
          ),
        ]),
  ];
}

function faded(book: FactBook, themes: string[]): Sentence[] {
  const silent = themes.filter((theme) => book.number(`${theme}.notes`) === 0);
  const slower = themes.filter((theme) => book.number(`${theme}.notes`) > 0);
  return [
    ...slower.map((theme) =>
      book.sentence(
        `${nameOf(book, theme)} slowed to ${notesOf(book, theme)}, down from a usual ${figure(book.number(`${theme}.usual`))}.`,
        [`${theme}.notes`, `${theme}.usual`],
      ),
    ),
    ...(silent.length > 1
      ? [
          book.sentence(
            `${namesOf(book, silent)} went quiet.`,
            silent.map((theme) => `${theme}.notes`),
          ),
        ]
      : silent.map((theme) =>
          book.sentence(
            `${nameOf(book, theme)} went quiet, after ${counted(book.number(`${theme}.before`), "notes")} in the ${counted(book.number("weeks"), "weeks")} before.`,
            [`${theme}.notes`, `${theme}.before`, "weeks"],
          ),
        )),
  ];
}

function keptPace(book: FactBook, themes: string[]): Sentence {
  return book.sentence(
    `${namesOf(book, themes)} kept ${themes.length === 1 ? "its" : "their"} pace.`,
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
