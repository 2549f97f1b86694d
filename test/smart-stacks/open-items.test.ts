import { openItems } from "@noctuary/core/smart-stacks/open-items";
import { expect, test } from "vitest";

test.each([
  ["- [ ] ring the plumber", "ring the plumber"],
  ["  * [ ] nested", "nested"],
  ["3. [ ] numbered", "numbered"],
  ["- [/] half done", "half done"],
  ["> - [ ] quoted", "quoted"],
  ["\u2610 ballot box", "ballot box"],
  ["- \u2610\ufe0f ballot box in a list", "ballot box in a list"],
  ["TODO: write it up", "write it up"],
  ["- **TODO**: in bold", "in bold"],
  ["## To-do: as a heading", "as a heading"],
])("%j is open", (line, todo) => {
  expect(openItems(line).todos).toEqual([todo]);
});

test.each([
  "- [x] done",
  "- [X] done",
  "- [-] given up",
  "- [\u2713] done with a check mark",
  "- [\u2714] done with a heavy one",
  "\u2611 done",
  "- \u2705 done",
  "\u2714\ufe0f done",
  "- [ ] ~~struck through~~",
  "- [ ] \u2705 ticked behind",
  "- [ ]",
  "- [link](https://example.org)",
  "```\n- [ ] in code\n```",
  "the TODO list of Ada",
  "a todo: in passing",
])("%j is not", (line) => {
  expect(openItems(line).todos).toEqual([]);
});

test("a question that stands alone is open, one in passing is not", () => {
  const body =
    "## Why does the wall get wet?\n\nIs it rain? Probably, says Luis.\n\n- where does the water go?\n- why?\n\nWhat would a drain cost?";
  expect(openItems(body).questions).toEqual([
    "Why does the wall get wet?",
    "where does the water go?",
    "What would a drain cost?",
  ]);
});
