import { beforeEach, describe, expect, test } from "vitest";
import { deleteNotes, putNotes, type TestNote, themedNotes } from "../support/notes.ts";
import { daysBefore, mornings } from "./mornings.ts";

/** A word that stands in one note alone. */
const WORD = "quagmire";
const { database, clusters, stacks, both, living, all } = mornings();

describe("a note that may not be shown any more", () => {
  const loud: TestNote = {
    ...themedNotes(1, { themes: 3, prefix: "loud-" })[0]!,
    title: `${WORD} ${WORD} ${WORD}`,
    body: `${WORD} sourdough starter levain ${WORD} flour hydration ${WORD}.\n\n- [ ] buy a ${WORD}\n- [ ] sell a ${WORD}\n- [ ] ${WORD}`,
    createdAt: daysBefore(4),
    updatedAt: daysBefore(4),
  };
  const traces = async () =>
    (await all()).filter((row) => JSON.stringify(row).includes(WORD)).length +
    (
      await database.query(
        `select 1 from noctuary.smart_stack_note where remark like '%${WORD}%' or note_id = 'loud-00000'`,
      )
    ).length;
  beforeEach(async () => {
    await putNotes(database, "u", [loud]);
  });

  test("is gone from titles, reasons and notes the same night when it is excluded", async () => {
    await both();
    expect(await traces()).toBeGreaterThan(0);
    await putNotes(database, "u", [{ ...loud, aiExcluded: true, updatedAt: daysBefore(-1) }]);
    await clusters("2026-11-04");
    expect(await traces(), "the clusters' step takes it out already").toBe(0);
    await stacks("2026-11-04");
    expect(await traces()).toBe(0);
    expect((await living())[0]).toMatchObject({
      reason: "7 notes on 7 days since 24 October 2026, and none before.",
    });
  });

  test.each([
    ["excluded", () => putNotes(database, "u", [{ ...loud, aiExcluded: true }])],
    ["deleted", () => deleteNotes(database, "u", [loud.id], "mark")],
    ["removed", () => deleteNotes(database, "u", [loud.id], "remove")],
  ])("is gone as well when it was %s between the clusters and the stacks", async (_, takeAway) => {
    await both();
    await clusters("2026-11-03");
    await takeAway();
    await stacks("2026-11-03");
    expect(await traces()).toBe(0);
    expect(await living()).toHaveLength(1);
  });

  test("lends no word to a title, although its topic is named anew only by the next clusters", async () => {
    await both();
    await clusters("2026-11-03");
    await database.query(`update noctuary.cluster set name = '${WORD}', keyphrases = '{${WORD}}'`);
    await putNotes(database, "u", [{ ...loud, aiExcluded: true }]);
    await stacks("2026-11-03");
    expect((await living()).map(({ title }) => title)).toEqual(["New: a theme"]);
  });

  test("is hidden from the app at once", async () => {
    await both();
    const app = () => database.query("select 1 from noctuary.app_stack");
    await database.query("select set_config('app.user_id', 'u', false)");
    const shown = (await app()).length;
    await deleteNotes(database, "u", [loud.id]);
    expect(await app()).toHaveLength(shown - 1);
  });
});

describe("the first words of a note without a title, which a stack is called by,", () => {
  const { body } = themedNotes(1, { from: 301 })[0]!;
  const untitled = (id: string, first: string, days: number): TestNote => ({
    id,
    title: "",
    body: `${first}\n\n${body}`,
    createdAt: daysBefore(days),
    updatedAt: daysBefore(days),
  });
  const once = untitled("once", `Out of the ${WORD}`, 40);
  const again = untitled("again", "And once more", 30);
  const titles = async () => (await living()).map(({ title }) => title);
  beforeEach(async () => {
    await putNotes(database, "u", [once, again]);
    await both();
    expect(await titles()).toContainEqual(`Twice: Out of the ${WORD}`);
  });

  test.each([
    ["excluded", () => putNotes(database, "u", [{ ...once, aiExcluded: true }])],
    ["deleted", () => deleteNotes(database, "u", [once.id], "mark")],
    ["removed", () => deleteNotes(database, "u", [once.id], "remove")],
  ])("are gone when it was %s between the clusters and the stacks", async (_, takeAway) => {
    await clusters("2026-11-03");
    await takeAway();
    await stacks("2026-11-03");
    expect(JSON.stringify(await all())).not.toContain(WORD);
    expect(await titles()).toEqual([expect.stringMatching(/^New: /)]);
  });

  test("are hidden from the app at once", async () => {
    await database.query("select set_config('app.user_id', 'u', false)");
    const app = async () => JSON.stringify(await database.query("select title from noctuary.app_stack"));
    expect(await app()).toContain(WORD);
    await deleteNotes(database, "u", [once.id]);
    expect(await app()).toMatch(/New: /);
    expect(await app()).not.toContain(WORD);
  });

  test("and change, are the new ones with the next night", async () => {
    await putNotes(database, "u", [{ ...once, body: `Dry land\n\n${body}`, updatedAt: daysBefore(-0.3) }]);
    await both("2026-11-03");
    expect(await titles()).toContainEqual("Twice: Dry land");
    expect(JSON.stringify(await all())).not.toContain(WORD);
  });
});
