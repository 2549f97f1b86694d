import { notePartsOf } from "@noctuary/core/embedding/note-parts";
import { expect, test } from "vitest";

test("takes a note apart into title, prose, code, languages and hosts", () => {
  const parts = notePartsOf(
    [
      "Reading a CSV",
      "",
      "See [the docs](https://docs.python.org/3/library/csv.html#csv.reader) and www.example.com.",
      "",
      "```python title=x",
      "import csv  # https://pypi.org/project/csv",
      "```",
      "",
      "Then go on with `csv.writer`.",
      "~~~~",
      "```",
      "plain",
      "~~~~",
    ].join("\n"),
  );
  expect(parts.title).toBe("Reading a CSV");
  expect(parts.prose).toContain("the docs");
  expect(parts.prose).toContain("csv.writer");
  expect(parts.prose).not.toMatch(/python|import|http|plain/);
  expect(parts.code.split(/\s+/)).toEqual(["import", "csv", "#", "```", "plain"]);
  expect(parts.languages).toEqual(["python"]);
  expect(parts.hosts).toEqual(["docs.python"]);
});

test("a text without an empty line is all prose", () => {
  expect(notePartsOf("where is my card?")).toEqual({
    title: "",
    prose: "where is my card?",
    code: "",
    languages: [],
    hosts: [],
  });
});

test("a fence that is never closed ends with the note", () => {
  expect(notePartsOf("t\n\n```sql\nselect 1").code).toBe("select 1");
});

test("a host without a top-level domain says nothing", () => {
  expect(notePartsOf("t\n\nhttp://localhost:3000/x").hosts).toEqual([""]);
});
