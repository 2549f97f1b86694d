import { asUser } from "@noctuary/db/access";
import { notesOf } from "@noctuary/db/notes/note";
import { datedNotes } from "@noctuary/db/stacks/stack-evidence";
import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { putNotes } from "../support/notes.ts";

const database = databaseOfFile();

const shown = async (title: string, body: string) =>
  (await database.query<{ shown: string }>("select noctuary.shown_title($1, $2) as shown", [title, body]))[0]!
    .shown;

test.each([
  ["a title stays as it is", " Rye ", "anything", " Rye "],
  ["the first line that has words", " \n", "\n\n---\n- \nfold four times\nthen rest", "fold four times"],
  ["without marks of headings, quotations and lists", "", "> ## Rye\nmore", "Rye"],
  ["a to-do", "", "- [ ] order **more** flour", "order more flour"],
  ["a numbered item", "", "1. proof", "proof"],
  ["no code, no comment", "", "```sh\nls\n```", "ls"],
  [
    "the names of links",
    "",
    "see [[Notes/Rye|rye]], [[Salt]] and [a page](https://example.com/x)",
    "see rye, Salt and a page",
  ],
  ["signs that are not marks", "", "2 * 3 < snake_case == a*b", "2 * 3 < snake_case == a*b"],
  ["emphasis", "", "*quite* `plain` ~~not~~ words", "quite plain not words"],
  ["a script without spaces", "", "日本語のノート", "日本語のノート"],
  ["Windows' line ends", "", "first\r\nsecond", "first"],
  ["nothing", "", " \n--\n", ""],
])("a note is called by %s", async (_, title, body, expected) => {
  expect(await shown(title, body)).toBe(expected);
});

test("first words are cut between two words, at sixty characters at the most", async () => {
  const words = await shown("", "the quick brown fox jumps over the lazy dog and then over the fence again");
  expect(words).toBe("the quick brown fox jumps over the lazy dog and then over…");
  const characters = await shown("", "長".repeat(100));
  expect(characters).toBe(`${"長".repeat(59)}…`);
});

test("a note without a title is listed, and found, by its first words", async () => {
  await putNotes(database, "u", [{ id: "n1", title: "", body: "# Call the plumber\nabout the sink" }]);
  const [listed] = await asUser(database.db, "u", (tx) =>
    notesOf(tx, { model: "lexical", dimensions: 64 }, "u", { match: "call THE plumber", limit: 2 }),
  );
  expect(listed).toMatchObject({ id: "n1", title: "Call the plumber" });
  const [dated] = await asUser(database.db, "u", (tx) => datedNotes(tx, "u"));
  expect(dated!.title).toBe("Call the plumber");
});
