import type { Fact } from "@noctuary/core/weekly-insights/fact";
import { sectionSlugs } from "@noctuary/core/weekly-insights/section";
import { tellPlainly } from "@noctuary/core/weekly-insights/template/template";
import { evidenceFor } from "@noctuary/core/weekly-insights/verifier/evidence-for";
import { problemOf } from "@noctuary/core/weekly-insights/verifier/verify-sentence";
import type { WeekAccount } from "@noctuary/core/weekly-insights/week-account";
import { weekFacts } from "@noctuary/core/weekly-insights/week-facts";
import { describe, expect, test } from "vitest";
import { emptyAccount, fullAccount, randomAccount, WEEK, weekNote } from "./accounts.ts";

const told = (account: WeekAccount): Record<string, string[]> => {
  const facts = weekFacts(account);
  return Object.fromEntries(
    sectionSlugs.map((slug) => [
      slug,
      tellPlainly(slug, facts, account.week).map((sentence) => sentence.text),
    ]),
  );
};

test("a full week reads like one", () => {
  expect(told(fullAccount())).toMatchInlineSnapshot(`
    {
      "headline": [
        "Eight notes (usually three) on six days, about 1,100 words in all; 50 % of the notes went to Tannery Brook.",
      ],
      "movement": [
        "Bow & cello is new this week, with two notes.",
        "Tannery Brook picked up: four notes, up from a usual one.",
        "Kitchen came back after seven weeks, with one note.",
        "Knee went quiet, after four notes in the four weeks before.",
        "“Rye scald, first try” ties Kitchen to Bow & cello: it links to “Brought a cello home”.",
      ],
      "open-ends": [
        "Two to-dos are still open: “ring Mrs. Abernathy” in “Brought a cello home” and “decide the second step on Friday” in “Headcut, one week on”.",
        "One to-do was ticked off: “endpin out about a forearm” in “Brought a cello home”.",
        "“Bin two is hot” ends on an open question: “Is that the straw or the rain?”",
      ],
      "past": [
        "“Bin two is hot” echoes “Soil test, finally”, written on 30 May, four months before: both speak of compost, straw and soil.",
      ],
      "themes": [
        "Tannery Brook led the week with four notes, among them “Headcut, one week on”, “The day of the notch” and “Four more cores”.",
        "Bow & cello had two notes: “Brought a cello home” and “Bow hold, with a pencil”.",
        "Plots & cucumbers had one note, “Bin two is hot”.",
        "“Brought a cello home” is linked from two notes.",
        "“Headcut, one week on” sits at the heart of Tannery Brook and was the longest note, 410 words on Sunday.",
      ],
    }
  `);
});

test("a week without notes says so in one line", () => {
  expect(told(emptyAccount)).toMatchInlineSnapshot(`
    {
      "headline": [
        "A quiet week: no new notes between 18 and 24 October.",
      ],
      "movement": [],
      "open-ends": [],
      "past": [],
      "themes": [],
    }
  `);
});

test("a week of one note does not make more of it", () => {
  expect(
    told({
      ...emptyAccount,
      notes: [weekNote(3, null, { title: "Thole", words: 64 })],
      firstDay: WEEK.firstDay,
    }),
  ).toMatchInlineSnapshot(`
    {
      "headline": [
        "One note: “Thole”, 64 words on Tuesday.",
      ],
      "movement": [],
      "open-ends": [],
      "past": [],
      "themes": [],
    }
  `);
});

describe("whatever the week was like", () => {
  test("each plain sentence states facts, points at notes and passes the verifier", () => {
    const refused: string[] = [];
    for (let seed = 0; seed < 100; seed++) {
      const account = randomAccount(seed);
      const facts = weekFacts(account);
      const notes = new Map(
        facts
          .flatMap((fact: Fact) => fact.noteIds)
          .map((id) => [id, { title: "", excerpt: "compost straw rain", tags: [] }]),
      );
      for (const slug of sectionSlugs) {
        for (const sentence of tellPlainly(slug, facts, account.week)) {
          if (account.notes.length === 0) continue; // points at no note, and no model is asked
          expect(sentence.noteIds.length).toBeGreaterThan(0);
          const problem = problemOf(sentence, { ...evidenceFor(facts, facts, account.week), notes });
          if (problem !== null) refused.push(`${problem}: ${sentence.text}`);
        }
      }
    }
    expect(refused).toEqual([]);
  });
});
