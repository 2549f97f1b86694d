import { detectMomentum } from "@noctuary/core/smart-stacks/detect-momentum";
import { detectNearDuplicates } from "@noctuary/core/smart-stacks/detect-near-duplicates";
import { detectNewThemes } from "@noctuary/core/smart-stacks/detect-new-theme";
import { detectRecurring } from "@noctuary/core/smart-stacks/detect-recurring";
import { detectResurface, linkKey } from "@noctuary/core/smart-stacks/detect-resurface";
import { detectUnfinished, type OpenNote } from "@noctuary/core/smart-stacks/detect-unfinished";
import { importDays } from "@noctuary/core/smart-stacks/import-days";
import { reasonFor } from "@noctuary/core/smart-stacks/reason";
import { comparedText } from "@noctuary/core/smart-stacks/text-likeness";
import { describe, expect, test } from "vitest";
import { accountOf, every, TODAY } from "./account.ts";

const steady = every(10, 1, 180);
const clear = (found: { isClear: boolean; topicId: string | null }[]) =>
  found.filter(({ isClear }) => isClear).map(({ topicId }) => topicId);

describe("momentum", () => {
  const burst = [1, 2, 3, 5, 6, 8, 9, 11, 13, ...every(20, 20, 180)];

  test("is a theme far above its own pace, and its reason counts what it says", () => {
    const [found] = detectMomentum(accountOf({ burst, steady, other: steady }));
    expect(found).toMatchObject({ topicId: "burst", isClear: true, size: 9 });
    expect(reasonFor(found!.facts)).toBe(
      "9 notes on 9 days since 19 October 2026, after 9 in the 24 weeks before.",
    );
  });

  test("is none when the user writes more about everything", () => {
    const all = Object.fromEntries(["a", "b", "c", "d"].map((id) => [id, burst]));
    expect(clear(detectMomentum(accountOf(all)))).toEqual([]);
  });

  test("is none of a theme that is all but new", () => {
    expect(
      detectMomentum(accountOf({ fresh: [1, 2, 3, 5, 6, 8, 9, 90, 120], steady, other: steady })),
    ).toEqual([]);
  });

  test("is none without a past, in one sitting, or of loosely related notes", () => {
    expect(detectMomentum(accountOf({ burst: burst.filter((day) => day < 14) }))).toEqual([]);
    const sitting = [3, 3, 3, 3, 3, 3, ...every(20, 20, 180)];
    expect(clear(detectMomentum(accountOf({ sitting, steady })))).toEqual([]);
    expect(detectMomentum(accountOf({ burst, steady }, { loose: ["burst"] }))).toEqual([]);
  });

  test("an import is none, nor are notes dated after tonight", () => {
    const brought = [3, 3, 3, 4, 4, 4, 5, 5, ...every(20, 20, 180)];
    expect(clear(detectMomentum(accountOf({ brought, steady }, { importDays: [3, 4, 5] })))).toEqual([]);
    const ahead = [-3, -4, -5, -6, -7, -9, ...every(20, 20, 180)];
    expect(clear(detectMomentum(accountOf({ ahead, steady })))).toEqual([]);
  });
});

describe("recurring", () => {
  test("is a theme that comes back week after week, after it was rare", () => {
    const back = [2, 9, 17, 24, 38, 45, 200, 204];
    const [found] = detectRecurring(accountOf({ back, steady }));
    expect(found).toMatchObject({ topicId: "back", isClear: true });
    expect(reasonFor(found!.facts)).toBe(
      "Came up in 6 of the last 8 weeks (6 notes), after 1 of the 21 weeks before.",
    );
  });

  test("is none for what comes up most weeks anyway, for what is over, and for what is new", () => {
    expect(clear(detectRecurring(accountOf({ weekly: every(7, 2, 220) })))).toEqual([]);
    expect(clear(detectRecurring(accountOf({ over: [23, 30, 37, 44, 51, 200], steady })))).toEqual([]);
    expect(clear(detectRecurring(accountOf({ fresh: [2, 9, 17, 24, 38, 45], steady })))).toEqual([]);
  });
});

describe("new theme", () => {
  const past = { steady, other: every(8, 15, 180) };

  test("is one whose notes are nearly all of these two weeks", () => {
    const found = detectNewThemes(accountOf({ ...past, fresh: [1, 3, 4, 8, 60] }));
    expect(found).toMatchObject([{ topicId: "fresh", isClear: true, facts: { notes: 4, older: 1 } }]);
    expect(reasonFor(found[0]!.facts)).toBe("4 notes on 4 days since 25 October 2026, and only 1 older one.");
  });

  test("is none in a young account, in one sitting, or where a cluster split off old notes", () => {
    expect(detectNewThemes(accountOf({ fresh: [1, 3, 4, 8] }))).toEqual([]);
    expect(detectNewThemes(accountOf({ ...past, fresh: [2, 2, 2, 2] }))).toEqual([]);
    expect(clear(detectNewThemes(accountOf({ ...past, split: [1, 3, 4, 8, 40, 50, 60] })))).toEqual([]);
  });
});

test("a new theme that split from an older one, with a note of then, says so", () => {
  const account = accountOf(
    { born: [1, 2, 3, 5, 6, 8, 40], steady: every(6, 2, 180) },
    { splitFrom: { born: "steady" } },
  );
  const [found] = detectNewThemes(account);
  expect(found!.facts).toMatchObject({ older: 1, splitFrom: "steady" });
  expect(reasonFor(found!.facts)).toBe(
    "6 notes on 6 days since 25 October 2026, and only 1 older one, out of a theme that is older.",
  );
});

describe("unfinished", () => {
  const open = (noteId: string, todos: number, questions = 0): OpenNote => ({
    noteId,
    todos,
    questions,
    isStub: false,
    first: ["mend the gutter"],
  });

  test("is what living themes left open, with the first lines", () => {
    const account = accountOf({ house: [5, 20, 40] });
    const [found] = detectUnfinished(account, [open("house-001", 2), open("house-002", 1, 1)]);
    expect(found).toMatchObject({
      isClear: true,
      notes: [{ id: "house-001", remark: "mend the gutter" }, {}],
    });
    expect(reasonFor(found!.facts)).toBe(
      "3 open to-dos and 1 open question in 2 notes, the oldest from 23 September 2026.",
    );
  });

  test("is not what was noted yesterday, nor what stands in a theme that sleeps", () => {
    expect(detectUnfinished(accountOf({ house: [1] }), [open("house-000", 5)])).toEqual([]);
    expect(detectUnfinished(accountOf({ asleep: [60, 70] }), [open("asleep-000", 5)])).toEqual([]);
  });

  test("a checklist of questions in each of some notes is none that stayed open, a question in each is", () => {
    const asking = (each: number) =>
      detectUnfinished(
        accountOf({ design: [2, 8, 9, 10, 11, 12, 13] }),
        ["design-001", "design-002", "design-003", "design-004", "design-005", "design-006"].map((id) =>
          open(id, 0, each),
        ),
      );
    expect(asking(5)).toEqual([]);
    expect(asking(1)).toHaveLength(1);
  });

  test("what was left last comes first", () => {
    const [found] = detectUnfinished(accountOf({ works: [2, 8, 20, 60] }), [
      open("works-001", 1),
      open("works-003", 9),
      open("works-002", 2),
    ]);
    expect(found!.notes.map(({ id }) => id)).toEqual(["works-001", "works-002", "works-003"]);
  });

  test("one question is nothing, many are something, and 10,000 to-dos are counted", () => {
    const account = accountOf({ house: [5, 20, 40] });
    expect(detectUnfinished(account, [open("house-001", 0, 1)])).toEqual([]);
    expect(detectUnfinished(account, [open("house-001", 0, 8)]), "in one note, it may ask itself").toEqual(
      [],
    );
    const asking = ["house-000", "house-001", "house-002"].map((id) => open(id, 0, 2));
    expect(clear(detectUnfinished(account, asking))).toEqual(["house"]);
    const [found] = detectUnfinished(account, [open("house-001", 10_000)]);
    expect(found!.strength).toBe(1);
    expect(reasonFor(found!.facts)).toContain("10000 open to-dos");
  });

  test("a note that was edited this week counts by its edit, one that was written long ago by its date", () => {
    const account = accountOf({ house: [5, 20] });
    account.notes[1]!.editedOn = TODAY - 1;
    expect(detectUnfinished(account, [open("house-001", 5)])).toEqual([]);
  });
});

describe("resurface", () => {
  const account = accountOf({ old: [200, 210], week: [2, 3] });
  const usual = [...every(0.01, 0.2, 0.4)];
  const echo = { newId: "week-000", oldId: "old-000", similarity: 0.7 };

  test("is an old note closer to this week's than old notes usually are", () => {
    const [found] = detectResurface(account, { found: [echo], usual, linked: new Set() });
    expect(found).toMatchObject({ isClear: true, notes: [{ id: "old-000" }, { id: "week-000" }] });
    expect(reasonFor(found!.facts)).toBe(
      "An old note (16 April 2026) close to 1 note of this week: similarity 0.70, usually 0.30; not linked yet.",
    );
  });

  test("is none where the two are linked, are the same text, or the old one was edited lately", () => {
    const linked = new Set([linkKey("week-000", "old-000")]);
    expect(detectResurface(account, { found: [echo], usual, linked })).toEqual([]);
    const same = { ...echo, similarity: 0.99 };
    expect(detectResurface(account, { found: [same], usual, linked: new Set() })).toEqual([]);
    const edited = accountOf({ old: [200], week: [2] });
    edited.notes[0]!.editedOn = TODAY - 5;
    expect(detectResurface(edited, { found: [echo], usual, linked: new Set() })).toEqual([]);
  });

  test("is none when that is usual, or when nobody can say what is", () => {
    expect(
      clear(detectResurface(account, { found: [{ ...echo, similarity: 0.41 }], usual, linked: new Set() })),
    ).toEqual([]);
    expect(detectResurface(account, { found: [echo], usual: usual.slice(0, 5), linked: new Set() })).toEqual(
      [],
    );
  });
});

describe("near duplicates", () => {
  const loaf =
    "Mix the flour and the water, rest half an hour, add salt and starter, fold three times, shape and bake hot.";
  const account = accountOf({ bread: [40, 3, 2] });
  const texts = (...bodies: string[]) =>
    new Map(bodies.map((body, i) => [`bread-00${i}`, comparedText({ title: `Loaf ${i}`, body })]));
  const pair = ["bread-000", "bread-001"] as const;

  test("are notes of nearly the same text, and what differs is named", () => {
    const [found] = detectNearDuplicates(
      account,
      [pair],
      texts(loaf, loaf.replace("hot", "hot, with steam")),
    );
    expect(found).toMatchObject({
      isClear: true,
      notes: [{ remark: "has nothing that the other lacks" }, { remark: "only here: with steam" }],
    });
    expect(reasonFor(found!.facts)).toBe("2 notes share 21 of up to 23 words, under different titles.");
  });

  test("are not notes whose vectors are close and whose texts are not, nor very short ones", () => {
    const other =
      "Mix flour with less water, no rest at all, the salt late, no folds but a stand mixer, and bake it cooler.";
    expect(detectNearDuplicates(account, [pair], texts(loaf, other))).toEqual([]);
    expect(detectNearDuplicates(account, [pair], texts("buy salt", "buy salt"))).toEqual([]);
  });

  test("three copies are one group, and a template of many notes is none", () => {
    const all = detectNearDuplicates(account, [pair, ["bread-001", "bread-002"]], texts(loaf, loaf, loaf));
    expect(all).toMatchObject([{ size: 3 }]);
    const many = accountOf({ bread: every(1, 1, 12) });
    const ids = many.notes.map(({ id }) => id);
    const same = new Map(ids.map((id) => [id, comparedText({ title: id, body: loaf })]));
    const pairs = ids.slice(1).map((id, i) => [ids[i]!, id] as const);
    expect(detectNearDuplicates(many, pairs, same)).toEqual([]);
  });
});

test("a day on which very many notes came in at once is an import; a busy day is not", () => {
  const days = [...every(1, 0, 60), ...Array<number>(40).fill(30)];
  expect([...importDays(days)]).toEqual([30]);
  expect(importDays([...every(1, 0, 60), ...Array<number>(9).fill(30)]).size).toBe(0);
  expect(importDays(Array<number>(60).fill(7)).size, "all on one day").toBe(1);
});
