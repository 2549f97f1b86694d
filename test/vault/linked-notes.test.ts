import { expect, test } from "vitest";
import { linkedFrom } from "../../packages/cli/src/vault/linked-notes.ts";

const to = (path: string | null, title = "A title", id = "id-1") => ({ id, title, path });

test.each([
  ["a wiki link to the file's name", "see [[Rye scald]]", to("Bread/Rye scald.md"), true],
  ["one with an alias and a heading", "[[rye scald#Malt|the scald]]", to("Bread/Rye scald.md"), true],
  ["one with a folder", "[[Bread/Rye scald]]", to("Home/Bread/Rye scald.md"), true],
  ["another folder", "[[House/Rye scald]]", to("Home/Bread/Rye scald.md"), false],
  ["a title", "[[A title]]", to("x.md"), true],
  ["a part of the name", "[[Rye]]", to("Bread/Rye scald.md"), false],
  ["a Markdown link in the same folder", "[x](Rye%20scald.md)", to("Bread/Rye scald.md"), true],
  ["one with angle brackets and a title", '[x](<Rye scald.md> "scald")', to("Bread/Rye scald.md"), true],
  ["one to another folder", "[x](../House/Wall.md#wet)", to("House/Wall.md"), true],
  ["one from the root", "[x](/House/Wall.md)", to("House/Wall.md"), true],
  ["a page of the web", "[x](https://example.org/House/Wall.md)", to("House/Wall.md"), false],
  ["a link in code", "`[[Rye scald]]` and `[x](Rye%20scald.md)`", to("Bread/Rye scald.md"), false],
  ["a note of an app by its id", "[[id-1]]", to(null), true],
  ["a broken percent sign", "[x](100%.md)", to("Bread/100%.md"), true],
])("%s", (_, body, other, isLinked) => {
  expect(linkedFrom({ path: "Bread/Starter.md", body })(other)).toBe(isLinked);
});
