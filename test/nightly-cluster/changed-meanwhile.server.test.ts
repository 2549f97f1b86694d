import { afterAll, beforeAll, expect, test } from "vitest";
import { announcingStatements } from "../support/announced-statements.ts";
import { databaseOfFile } from "../support/database-of-file.ts";
import { countingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = databaseOfFile();
let night: Night;
const paid: string[] = [];
/** Called before each statement that the functions send within a transaction. */
let beforeStatement: (text: string) => Promise<void> = async () => {};

beforeAll(async () => {
  night = await openNight(database, {
    wrap: (context) =>
      announcingStatements({ ...context, embedder: countingEmbedder(context.embedder, paid) }, (text) =>
        beforeStatement(text),
      ),
  });
});
afterAll(() => night.close());

test("a note that changes after the plan has looked at it, and before it says so, is embedded by the next night", async () => {
  const [note, ...others] = themedNotes(12);
  await putNotes(database, "u", [note!, ...others]);
  await night.run();
  // Touched: the plan looks at it, finds the text that is embedded, and is about to remember that.
  await putNotes(database, "u", [{ ...note!, updatedAt: "2026-11-02T20:00:00Z" }]);
  let changed = 0;
  beforeStatement = async (text) => {
    if (!text.includes("set seen_updated_at")) return;
    changed += 1;
    await putNotes(database, "u", [
      { ...note!, body: "Something else altogether.", updatedAt: "2026-11-02T21:00:00Z" },
    ]);
  };
  paid.length = 0;
  await night.run({}, "2026-11-03T07:00:00Z");
  expect(changed).toBe(1);
  beforeStatement = async () => {};
  await night.run({}, "2026-11-04T07:00:00Z");
  expect(paid).toEqual([expect.stringContaining("Something else altogether.")]);
});
