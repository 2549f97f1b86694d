import { expect, test } from "vitest";
import { lexicalCollection, parseNotes } from "../../bench/collection.ts";
import { formatReport, HEADER, measureQuality, peerRows } from "../../bench/quality.ts";

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
  const report = await measureQuality(await lexicalCollection("notes", parseNotes(lines.join("\n"))));
  expect(report).toMatchObject({ notes: 7, coverage: 1, score: { scored: 5, labels: 1 } });
  expect(formatReport(report)).toMatch(/7 \(5 in 1 labels\)/);
});

test("says so when there is nothing to score against", async () => {
  const report = await measureQuality(await lexicalCollection("notes", parseNotes(JSON.stringify(note))));
  expect(report.score).toBeNull();
  expect(formatReport(report)).toMatch(/1, no labels/);
});

test("a peer's row stands beside ours when it is about the same set", () => {
  const table =
    "| a | EVoC, default | 0.5 | 0.4 | 0.3 | 0.4 | 12 | 20.0% | 17.0% |\n| b | x | 1 | 1 | 1 | 1 | 1 | 1 | 1 |";
  const [row, ...others] = peerRows(table, "a");
  expect(others).toEqual([]);
  expect(row).toMatch(/EVoC, default \(20.0% noise\)/);
  expect(row!.split("|")).toHaveLength(HEADER.split("\n")[0]!.split("|").length);
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
