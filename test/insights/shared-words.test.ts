import { sharedWords } from "@noctuary/core/weekly-insights/load-week";
import { expect, test } from "vitest";

test("an echo is heard in words that both notes say more than once, in whatever form", () => {
  const a =
    "Compost needs straw. Turn the compost when it smells, and give it straws. Sixty litres from the street.";
  const b =
    "The compost is too wet: straw, and more straw. A compost of leaves. The street is closed for sixty days.";
  expect(sharedWords(a, b)).toEqual(["compost", "straw"]);
});

test("words that anybody says, and short ones, are none", () => {
  const text = "We looked and looked for a minute, a whole minute, at the map, the map of it all.";
  expect(sharedWords(text, text)).toEqual([]);
});

test("a word is told as the note mostly has it", () => {
  const a = "SQLite and Django. SQLite in Django, by the way: the django of SQLite, and django again.";
  expect(sharedWords(a, a.toLowerCase())).toEqual(["django", "SQLite"]);
});
