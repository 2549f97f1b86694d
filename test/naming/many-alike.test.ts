import { nameAreas } from "@noctuary/core/naming/name-areas";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import { expect, test } from "vitest";

/** A word that no other note has: a line that recurs is a template, and counts for nothing. */
const ownWord = (n: number) =>
  `${"bcdfghjklm"[n % 10]}o${"npqrstvwxz"[Math.floor(n / 10) % 10]}u${"kt"[Math.floor(n / 100) % 2]}${"aei"[Math.floor(n / 200)]}`;

const WORDS = ["kiln", "glaze", "clay"];
/** Topics of a large account that are about the same few words: there are fewer pairs of them than topics. */
const alike = Array.from({ length: 40 }, (_, topic) => ({
  key: `topic-${String(topic).padStart(2, "0")}`,
  notes: Array.from({ length: 6 }, (_, note) => ({
    title: "",
    body: `${WORDS[note % 3]!} ${ownWord(topic * 6 + note)} ${WORDS[(note + 1 + (topic % 2)) % 3]!}`,
    isCentral: note === 0,
  })),
}));
const withoutWords = { key: "zz", notes: [{ title: "", body: "…", isCentral: true }] };

test("topics with the same words have names of these words, told apart at the worst by a number", () => {
  const names = nameClusters([...alike, withoutWords]);
  expect(new Set(names.map(({ name }) => name)).size).toBe(41);
  for (const { key, name } of names) {
    if (key === "zz") expect(name).toBe("Notes without words");
    else expect(name.toLowerCase()).toMatch(/kiln|glaze|clay/);
  }
  expect(names.map(({ name }) => name)).toContain("Glaze, kiln & clay");
});

test("and so have areas", () => {
  const topics = nameClusters(alike);
  const areas = Array.from({ length: 10 }, (_, area) => ({
    key: `area-${area}`,
    topics: alike.slice(area * 4, area * 4 + 4).map(({ key }) => key),
  }));
  for (const { name } of nameAreas(areas, alike, topics))
    expect(name.toLowerCase()).toMatch(/kiln|glaze|clay/);
});
