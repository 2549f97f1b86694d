import { nameIdentity } from "@noctuary/core/naming/compose-name";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bread, cluster, databases, nameOf, running } from "./topics-to-name.ts";

describe("a template", () => {
  const days = (key: string, subject: string) =>
    cluster(
      key,
      Array.from(
        { length: 8 },
        (_, day) => `2026-05-0${day + 1}
## Morning
Slept: ${day} hours
Mood: ${["steady", "flat", "bright", "sore", "calm", "hurried", "fine", "blue"][day]}
## Grateful for
- ${subject} ${["by the bridge", "in fog", "asleep", "at noon", "again", "seen twice", "from afar", "with Ada"][day]}
## Energy
Energy level ${day} of 10`,
      ),
    );

  test("never names a cluster, whatever was filled in", () => {
    const names = nameClusters([days("a", "the heron"), days("b", "our orchard"), bread, databases]);
    for (const { name, keyphrases } of names) {
      expect([name, ...keyphrases].join(" ")).not.toMatch(/morning|grateful|energy|slept|mood|level/i);
    }
    expect(nameOf(names, "a")).toBe("Heron");
    expect(nameOf(names, "b")).toBe("Orchard");
  });

  test("is not a list of links to one note", () => {
    const links = Array.from({ length: 6 }, (_, index) => `Entry ${"abcdef"[index]}\n- [[Beekeeping]]`);
    const hub = cluster("hub", ["Beekeeping\nWhat I know.", "Sailing\nWhat I know of boats."]);
    expect(nameClusters([cluster("bees", links), hub, bread])[0]!.keyphrases[0]!.toLowerCase()).toBe(
      "beekeeping",
    );
  });
});

describe("within an account", () => {
  test("no two names are alike, not even by case, plural or order", () => {
    const copies = ["a", "b", "c", "d"].map((key) => ({ ...databases, key }));
    const names = nameClusters(copies).map(({ name }) =>
      name.toLowerCase().replace(/s\b/g, "").split(/ & | /).sort().join(" "),
    );
    expect(new Set(names).size).toBe(copies.length);
  });

  test("names are alike when case, accents, plurals and order are all that tells them apart", () => {
    expect(nameIdentity("Cafés & SQLite")).toBe(nameIdentity("sqlite & CAFE"));
    expect(nameIdentity("Cafés & SQLite")).not.toBe(nameIdentity("Cafés & rye"));
  });

  test("a kept name stays as it is, and nobody else gets it", () => {
    const kept = { ...running, keepName: "Sourdough  STARTERS!" };
    const names = nameClusters([kept, bread, databases]);
    expect(nameOf(names, "running")).toBe("Sourdough  STARTERS!");
    expect(nameOf(names, "bread")).not.toMatch(/^sourdough starters?$/i);
  });

  test("clusters without words are told apart all the same", () => {
    const empty = ["a", "b", "c"].map((key) => cluster(key, ["\n", "123\n--- 🎉", "\nhttps://example.com"]));
    expect(nameClusters(empty)).toEqual([
      { key: "a", name: "Notes without words", keyphrases: [] },
      { key: "b", name: "Notes without words 2", keyphrases: [] },
      { key: "c", name: "Notes without words 3", keyphrases: [] },
    ]);
  });

  test("no clusters, and a cluster without notes, are no error", () => {
    expect(nameClusters([])).toEqual([]);
    expect(nameClusters([{ key: "a", notes: [] }])).toHaveLength(1);
  });

  test("the order of clusters and notes changes nothing", () => {
    const all = [bread, databases, running];
    const expected = nameClusters(all);
    const orders = fc.tuple(
      fc.shuffledSubarray(all, { minLength: 3 }),
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    );
    fc.assert(
      fc.property(orders, ([clusters, order]) => {
        const names = nameClusters(
          clusters.map((one) => ({
            ...one,
            notes: [...order.map((at) => one.notes[at]!), ...one.notes.slice(4)],
          })),
        );
        for (const name of names) expect(name).toEqual(expected.find(({ key }) => key === name.key));
      }),
      { numRuns: 30 },
    );
  });

  test("whatever people write, each cluster gets a short name of its own", () => {
    const note = fc.record({
      title: fc.string({ unit: "grapheme", maxLength: 30 }),
      body: fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc
          .array(
            fc.constantFrom("Paris", "paris", "the", "SQLite", "rain", "rains", "a.b", "x-ray", "\n", "# "),
            { maxLength: 20 },
          )
          .map((list) => list.join(" ")),
      ),
      isCentral: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.array(note, { maxLength: 6 }), { maxLength: 6 }), (lists) => {
        const names = nameClusters(lists.map((notes, index) => ({ key: `${index}`, notes }))).map(
          ({ name }) => name,
        );
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(lists.length);
        for (const name of names) {
          expect(name.trim()).not.toBe("");
          expect(name.split(" ").filter((word) => word !== "&").length).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});
