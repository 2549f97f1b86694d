import { partitionNotes } from "@noctuary/core/clustering/partition";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import type { ClusterText } from "@noctuary/core/naming/read-clusters";
import { isStopWord, words } from "@noctuary/core/text/words";
import { describe, expect, test } from "vitest";
import { accounts } from "../support/accounts-in-languages.ts";

interface Note {
  theme: string;
  title: string;
  body: string;
}

const notesOf = (themes: Record<string, string[]>): Note[] =>
  Object.entries(themes).flatMap(([theme, notes]) =>
    notes.map((note) => {
      const [title = "", body = ""] = note.split("|");
      return { theme, title, body };
    }),
  );
const mixed = notesOf(
  Object.fromEntries(
    Object.entries(accounts).flatMap(([language, themes]) =>
      Object.entries(themes).map(([theme, notes]) => [`${language} ${theme}`, notes]),
    ),
  ),
);

/** What each topic holds, by theme. */
async function topicsOf(notes: Note[]): Promise<Note[][]> {
  const embedder = lexicalEmbedder();
  const inputs = notes.map(({ title, body }) => `${title}\n\n${body}`);
  const { vectors } = await embedder.embed(inputs, { signal: AbortSignal.timeout(60_000) });
  const { topic } = partitionNotes({ vectors, count: notes.length, dimensions: embedder.dimensions });
  return [...Map.groupBy(notes, (_, row) => topic[row]!).values()];
}

/** The share of notes that are in a topic of mostly their own kind. */
function purity(topics: Note[][], kindOf: (note: Note) => string): number {
  const inMajority = topics.map((notes) =>
    Math.max(...[...Map.groupBy(notes, kindOf).values()].map((same) => same.length)),
  );
  return inMajority.reduce((sum, count) => sum + count, 0) / topics.flat().length;
}

function named(notes: Note[]) {
  const texts = [...Map.groupBy(notes, ({ theme }) => theme)].map(
    ([key, own]): ClusterText => ({ key, notes: own.map((note) => ({ ...note, isCentral: false })) }),
  );
  return nameClusters(texts).map(({ key, name, keyphrases }) => ({
    key,
    name,
    keyphrases,
    said: new Set(
      words(
        texts
          .find((text) => text.key === key)!
          .notes.map(({ title, body }) => `${title}\n${body}`)
          .join("\n"),
      ),
    ),
  }));
}

const expected: Record<string, RegExp> = {
  Brot: /Brot|Sauerteig/,
  Garten: /Garten|Tomaten/,
  Fahrrad: /Fahrrad/,
  pan: /pan|masa madre/i,
  huerto: /huerto|tomates/i,
  guitarra: /guitarra/i,
  pain: /pain|levain/i,
  jardin: /jardin|tomates/i,
  vélo: /vélo/i,
  パン: /パン/,
  庭: /庭|トマト/,
  自転車: /自転車/,
  面包: /面包/,
  花园: /花园|番茄/,
  自行车: /自行车/,
};

describe.each(Object.entries(accounts))("an account in %s", (_, themes) => {
  const notes = notesOf(themes);

  test("falls into topics of one theme", async () => {
    const topics = await topicsOf(notes);
    expect(topics.length).toBeGreaterThan(1);
    expect(purity(topics, ({ theme }) => theme)).toBeGreaterThanOrEqual(0.75);
  });

  test("has names in its own words, and no function words in them", () => {
    for (const { key, name, keyphrases, said } of named(notes)) {
      expect(name).toMatch(expected[key]!);
      for (const phrase of [name, ...keyphrases]) {
        const own = words(phrase);
        expect(
          own.every((word) => said.has(word)),
          phrase,
        ).toBe(true);
        expect(
          own.some((word) => !isStopWord(word)),
          phrase,
        ).toBe(true);
        expect(isStopWord(own[0]!) || isStopWord(own.at(-1)!), phrase).toBe(false);
      }
    }
  });
});

describe("an account in five languages", () => {
  test("has topics of one language each, for the most part", async () => {
    // Spanish and French share a few words for the same things ("tomates"), and so a few topics.
    const topics = await topicsOf(mixed);
    expect(purity(topics, ({ theme }) => theme.split(" ")[0]!)).toBeGreaterThanOrEqual(0.7);
  });

  test("has names as each language alone has them", () => {
    for (const { key, name } of named(mixed)) expect(name).toMatch(expected[key.split(" ")[1]!]!);
  });
});
