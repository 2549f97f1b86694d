import { evidenceFor } from "@noctuary/core/weekly-insights/verifier/evidence-for";
import { problemOf } from "@noctuary/core/weekly-insights/verifier/verify-sentence";
import { verifySection } from "@noctuary/core/weekly-insights/verify-section";
import { weekFacts } from "@noctuary/core/weekly-insights/week-facts";
import { expect, test } from "vitest";
import { fullAccount, WEEK } from "./accounts.ts";

// Eight notes against a usual three; Tannery Brook four of them, up from a usual one; Bow & cello two, and new.
const facts = weekFacts(fullAccount());
const evidence = evidenceFor(
  facts,
  facts,
  WEEK,
  new Map(
    facts
      .flatMap(({ noteIds }) => noteIds)
      .map((id) => [
        id,
        {
          title: "A note",
          excerpt: "We measured the sill with Owen Pratt, and rye grass came up.",
          tags: ["field"],
        },
      ]),
  ),
);
const noteOf = (id: string) => facts.find((fact) => fact.id === id)!.noteIds.slice(0, 1);
const check = (text: string, ...factIds: string[]) =>
  problemOf({ text, factIds, noteIds: noteOf(factIds.at(-1)!) }, evidence);

const DATES = ["note-1.date", "note-2.date"] as const;

test.each<[string, ...string[]]>([
  ["You wrote eight notes on six days.", "notes", "days"],
  ["You wrote 8 notes, up from a usual three.", "notes", "notes.usual"],
  ["About 1,100 words were written in all.", "words"],
  ["Tannery Brook took four of the eight notes.", "notes", "theme-1.notes"],
  ["Half of the notes went to Tannery Brook.", "theme-1.share"],
  ["50 % of the notes went to Tannery Brook.", "theme-1.share"],
  ["Tannery Brook grew to four notes, and Bow & cello is new with two.", "theme-1.notes", "theme-2.notes"],
  [
    "“Headcut, one week on” was the longest note, with 410 words on Sunday.",
    "note-2",
    "note-2.words",
    "note-2.date",
  ],
  ["Tannery Brook is about the sill that Owen Pratt measured, in four notes.", "theme-1.notes"],
  ["“ring Mrs. Abernathy” in “Brought a cello home” is still open.", "open-1"],
  ["“Brought a cello home” is among the two notes on Bow & cello.", "theme-2.title-1", "theme-2.notes"],
  ["You wrote eight notes on six days; Bow & cello took two.", "notes", "days", "theme-2.notes"],
  ["Tannery Brook took four notes, while Bow & cello is new with two.", "theme-1.notes", "theme-2.notes"],
  ["“Rye scald, first try” ties Kitchen to Bow & cello.", "connection", "connection.from", "connection.to"],
  ["“Rye scald, first try” links to “Brought a cello home”.", "connection", "connection.target"],
  ["“Brought a cello home” is linked from “Rye scald, first try”.", "connection", "connection.target"],
  [
    "“Bin two is hot” recalls “Soil test, finally”, written four months before.",
    "echo.old",
    "echo.note",
    "echo.age",
  ],
  ["Tannery Brook took four notes, among them “The day of the notch”.", "theme-1.notes", "theme-1.title-2"],
  ["“Bin two is hot” asks a question.", "asked-1"],
  ["“Headcut, one week on” came before “Brought a cello home”.", ...DATES],
  ["“Headcut, one week on” was followed by “Brought a cello home”.", ...DATES],
  ["After “Headcut, one week on” came “Brought a cello home”.", ...DATES],
])("holds: %s", (text, ...factIds) => {
  expect(check(text, ...factIds)).toBeNull();
});

test.each<[string, string, ...string[]]>([
  ["number, of another fact", "You wrote three notes on six days.", "notes", "days"],
  ["the usual one for this week's", "You wrote three notes.", "notes", "notes.usual"],
  ["this week's for the usual one", "A usual week has eight notes.", "notes", "notes.usual"],
  ["exchanged", "You wrote four notes, eight of them on Tannery Brook.", "notes", "theme-1.notes"],
  [
    "exchanged between themes",
    "Tannery Brook had two notes and Bow & cello four.",
    "theme-1.notes",
    "theme-2.notes",
  ],
  ["of the week for a theme's", "Eight notes went to Tannery Brook.", "notes", "theme-1.notes"],
  ["unit", "You wrote eight words.", "notes"],
  ["a difference", "You wrote five more notes than usual.", "notes", "notes.usual"],
  ["rounded without a word for it", "You wrote 1,100 words.", "words"],
  ["rounded too far", "About 2,000 words were written in all.", "words"],
  ["share", "Two thirds of the notes went to Tannery Brook.", "theme-1.share"],
  ["weekday", "“Headcut, one week on” was the longest note, on Friday.", "note-2", "note-2.date"],
  ["direction", "Tannery Brook faded to four notes.", "theme-1.notes"],
  ["rank", "Bow & cello led with two notes.", "theme-2.notes"],
  ["name", "Owen Keller took four notes on Tannery Brook.", "theme-1.notes"],
  ["name in lower case", "Tannery Brook took four notes, with keller.", "theme-1.notes"],
  ["quotation", "“Headcut, two weeks on” was the longest note.", "note-2"],
  ["a count in quotation marks", "You wrote “900 notes” this week, eight of them.", "notes"],
  ["negation", "You did not write eight notes.", "notes"],
  ["motive", "You wrote eight notes because of the rain.", "notes"],
  ["nothing stated", "There was a note.", "notes"],
  ["uncited theme", "You wrote eight notes, mostly on Knee.", "notes"],
  ["two sentences, one of them false", "You wrote eight notes. Two of them had 90 words.", "notes"],
  ["a story behind the facts", "You wrote eight notes. Together they make a book.", "notes"],
  ["a second sentence of the narrator's own words", "You wrote eight notes. There were many.", "notes"],
  ["a part of what was named", "Bow & cello took two notes, two of them short.", "theme-2.notes"],
  ["a story in the same sentence", "You wrote eight notes, and they came from work.", "notes"],
  ["a story after a semicolon", "Tannery Brook took four notes; the rest came along.", "theme-1.notes"],
  ["a story by the way", "You wrote eight notes, copied from an older notebook.", "notes"],
  ["a story of time", "You wrote eight notes until the folder was full.", "notes"],
  ["what happened to a note", "You lost eight notes on six days.", "notes", "days"],
  ["of another time", "Tannery Brook took four notes in the year.", "theme-1.notes"],
  ["of no time", "You wrote 8 notes, up from an earlier three.", "notes", "notes.usual"],
  ["a sum", "You wrote 8 notes against a total of three.", "notes", "notes.usual"],
  [
    "a to-do put into another note",
    "“ring Mrs. Abernathy” in “Headcut, one week on” is still open.",
    "note-2",
    "open-1",
  ],
  [
    "a note told as what holds its theme",
    "“Brought a cello home” holds Bow & cello, with two notes.",
    "theme-2.title-1",
    "theme-2.notes",
  ],
  ["a part of them", "Bow & cello took two notes, two of them from work.", "theme-2.notes"],
  ["what is closed is no theme", "One to-do was ticked off, and it closed the theme.", "closed"],
  ["this week's figure for one before", "Tannery Brook faded after four notes.", "theme-1.notes"],
  [
    "an echo of another note",
    "“Bin two is hot” recalls “Headcut, one week on”.",
    "note-2",
    "echo.note",
    "echo.old",
  ],
  ["an echo the wrong way round", "“Soil test, finally” recalls “Bin two is hot”.", "echo.note", "echo.old"],
  [
    "a link the wrong way round",
    "“Brought a cello home” links to “Rye scald, first try”.",
    "connection",
    "connection.target",
  ],
  [
    "the same, behind a comma",
    "“Brought a cello home”, linking to “Rye scald, first try”.",
    "connection",
    "connection.target",
  ],
  [
    "a tie to another theme",
    "“Rye scald, first try” ties Kitchen to Tannery Brook.",
    "theme-1.notes",
    "connection",
    "connection.from",
    "connection.to",
  ],
  [
    "a tie of a theme to itself",
    "“Rye scald, first try” ties Kitchen to Kitchen.",
    "connection",
    "connection.from",
  ],
  [
    "a note in another theme",
    "Tannery Brook includes “Brought a cello home”.",
    "theme-1.notes",
    "theme-2.title-1",
  ],
  [
    "a note counted in another theme",
    "Bow & cello took two notes, among them “The day of the notch”.",
    "theme-2.notes",
    "theme-1.title-2",
  ],
  [
    "a quotation in another theme",
    "Knee holds “We measured the sill”.",
    "notes",
    "theme-5.notes",
    "theme-1.notes",
  ],
  ["a closed to-do told as open", "“endpin out about a forearm” is still open.", "open", "closed-1"],
  [
    "an open one told as closed",
    "One to-do is ticked off, among them “ring Mrs. Abernathy”.",
    "closed",
    "open-1",
  ],
  ["a note that asks nothing", "“The day of the notch” asks a question.", "asked-1", "theme-1.title-2"],
  [
    "one's count said of both",
    "Bow & cello has two notes, and so has Tannery Brook.",
    "theme-1.notes",
    "theme-2.notes",
  ],
  ["two notes in the wrong order", "“Brought a cello home” came before “Headcut, one week on”.", ...DATES],
  ["the same, turned round", "“Brought a cello home” was followed by “Headcut, one week on”.", ...DATES],
  ["the same, behind the word", "After “Brought a cello home” came “Headcut, one week on”.", ...DATES],
  [
    "an order of notes without dates",
    "“Brought a cello home” came after “Headcut, one week on”.",
    "note-1",
    "note-2",
  ],
  ["a note told as the first", "“Headcut, one week on” was the first note of the week.", ...DATES],
  ["a note told as what the week began with", "The week opened with “Headcut, one week on”.", ...DATES],
  ["a note told as what ended the week", "“Brought a cello home” ended the week.", ...DATES],
  ["a title and nothing said of it", "“Headcut, one week on.”", "note-2"],
])("does not hold (%s): %s", (_, text, ...factIds) => {
  expect(check(text, ...factIds)).not.toBeNull();
});

test.each([
  ["in both", "both have “Owen Pratt”", true],
  ["in one of the two", "both have “north wall”", false],
  ["in one of the two, told as shared", "they share “north wall”", false],
  ["in one of the two, told of neither", "it has “north wall”", true],
])("words that two notes share: %s", (_, words, holds) => {
  const [note, old] = [
    facts.find(({ id }) => id === "echo.note")!,
    facts.find(({ id }) => id === "echo.old")!,
  ];
  const leaning = { title: "A note", excerpt: "Owen Pratt saw the north wall lean.", tags: [] };
  const text = `“${note.value}” recalls “${old.value}”: ${words}.`;
  const sentence = { text, factIds: [note.id, old.id], noteIds: note.noteIds };
  const ofOne = { ...evidence, notes: new Map([...evidence.notes, [note.noteIds[0]!, leaning]]) };
  expect(problemOf(sentence, ofOne)).toBe(holds ? null : "claim");
});

test("ids that were not given, notes of other facts and no note at all", () => {
  const text = "You wrote eight notes.";
  const noteIds = noteOf("notes");
  expect(problemOf({ text, factIds: ["notes", "notes.secret"], noteIds }, evidence)).toBe("unknown fact");
  expect(problemOf({ text, factIds: ["notes"], noteIds: ["elsewhere"] }, evidence)).toBe("unknown note");
  expect(problemOf({ text, factIds: ["notes"], noteIds: ["b-knee-0-0"] }, evidence)).toBe(
    "note of another fact",
  );
  expect(problemOf({ text, factIds: ["notes"], noteIds: [] }, evidence)).toBe("no note");
});

test("a section keeps what holds, once, as many as it has room for, and counts the rest", () => {
  const noteIds = noteOf("notes");
  const say = (text: string) => ({ text, factIds: ["notes"], noteIds });
  const { sentences, dropped } = verifySection(
    "headline",
    [
      say("You wrote nine notes."),
      say("You wrote eight notes."),
      say("You wrote eight notes."),
      say("This week holds eight notes."),
    ],
    evidence,
  );
  expect(sentences.map(({ text }) => text)).toEqual(["You wrote eight notes."]);
  expect(dropped).toEqual({ claim: 1, repeated: 1, "too many": 1 });
});
