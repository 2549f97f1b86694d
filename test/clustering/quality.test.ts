import { expect, test } from "vitest";
import { formatReport, measureQuality, parseNotes } from "../../bench/quality.ts";

const note = { title: "Bread", body: "Flour and water", tags: ["baking"], folder: "kitchen" };

test("what is embedded does not depend on folder, label and tags", () => {
  const [plain] = parseNotes(JSON.stringify({ title: note.title, body: note.body }));
  const [filed] = parseNotes(JSON.stringify(note));
  const [labelled] = parseNotes(JSON.stringify({ ...note, label: "oven", tags: ["x"], folder: "y" }));
  expect(filed!.input).toBe(plain!.input);
  expect(labelled!.input).toBe(plain!.input);
  expect([plain!.label, filed!.label, labelled!.label]).toEqual([undefined, "kitchen", "oven"]);
});

test("scores only notes whose label has at least five", async () => {
  const lines = ["bread", "bread", "bread", "bread", "bread", "tax", "tax"].map((label, i) =>
    JSON.stringify({ text: `${label} number ${i}`, label }),
  );
  const report = await measureQuality("notes.jsonl", parseNotes(lines.join("\n")));
  expect(report).toMatchObject({ notes: 7, scored: 5, labels: 1, coverage: 1 });
  expect(formatReport(report)).toMatch(/7, 5 of them scored against 1 labels/);
});

test("says so when there is nothing to score against", async () => {
  const report = await measureQuality("notes.jsonl", parseNotes(JSON.stringify(note)));
  expect(report.agreement).toBeNull();
  expect(formatReport(report)).toMatch(/no label has 5 notes/);
});

test.each([
  ["", /no notes/],
  ["{}", /line 1 has neither/],
  ['{"text": "a"}\nsecret words', /line 2 is not a JSON object/],
  ["[1]", /line 1/],
])("an invalid file (%j) names the line and not its text", (content, message) => {
  expect(() => parseNotes(content)).toThrow(message);
  expect(() => parseNotes(content)).not.toThrow(/secret/);
});
