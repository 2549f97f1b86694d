import type { Fact } from "@noctuary/core/weekly-insights/fact";
import { weekBefore, weekEnding } from "@noctuary/core/weekly-insights/week";
import type { WeekAccount } from "@noctuary/core/weekly-insights/week-account";
import { weekFacts } from "@noctuary/core/weekly-insights/week-facts";
import { describe, expect, test } from "vitest";
import { emptyAccount, fullAccount, notesBefore, randomAccount, theme, WEEK, weekNote } from "./accounts.ts";

const values = (account: WeekAccount, pattern: RegExp) =>
  Object.fromEntries(
    weekFacts(account)
      .filter((fact) => pattern.test(fact.id))
      .map((fact) => [fact.id, fact.value]),
  );
const says = (account: WeekAccount, id: string) => weekFacts(account).find((fact) => fact.id === id)?.says;

describe("counts", () => {
  test("notes, words and active days stand against the median of the four weeks before", () => {
    expect(values(fullAccount(), /^(notes|words|days|weeks)/)).toEqual({
      notes: 8,
      "notes.usual": 3,
      words: 1110,
      "words.usual": 300,
      days: 6,
      "days.usual": 2,
      weeks: 4,
    });
    expect(says(fullAccount(), "notes")).toEqual(["up"]);
  });

  test("an account that is younger than four weeks is compared with the weeks it has", () => {
    const account = { ...emptyAccount, notes: [weekNote(1, null)], firstDay: "2026-10-06" };
    expect(values(account, /^weeks$/)).toEqual({ weeks: 2 });
    expect(values({ ...account, firstDay: WEEK.firstDay }, /^(weeks|notes)/)).toEqual({ notes: 1 });
  });

  test("a few more are as usual; a quarter more, and two, are more", () => {
    const week = (notes: number, usual: number) => ({
      ...emptyAccount,
      notes: Array.from({ length: notes }, () => weekNote(1, null)),
      before: notesBefore("t", [usual, usual, usual, usual]),
    });
    expect(says(week(11, 10), "notes")).toEqual(["steady"]);
    expect(says(week(3, 2), "notes")).toEqual(["steady"]);
    expect(says(week(13, 10), "notes")).toEqual(["up"]);
    expect(says(week(7, 10), "notes")).toEqual(["down"]);
  });

  test("the busiest day is told when it stands out, not when all was written on it", () => {
    expect(values(fullAccount(), /^busiest/)).toEqual({
      "busiest-day": "2026-10-19",
      "busiest-day.notes": 3,
    });
    const oneDay = { ...emptyAccount, notes: [1, 2, 3, 4].map(() => weekNote(2, null)) };
    expect(values(oneDay, /^busiest/)).toEqual({});
  });
});

describe("themes", () => {
  test("new, growing, returning, fading and steady, with their counts", () => {
    expect(values(fullAccount(), /^themes/)).toEqual({
      themes: 4,
      "themes.new": 1,
      "themes.up": 1,
      "themes.down": 1,
      "themes.back": 1,
      "themes.steady": 1,
    });
    const told = weekFacts(fullAccount()).filter((fact) => /^theme-\d+\.notes$/.test(fact.id));
    expect(told.map(({ label, value, says }) => [label, value, says])).toEqual([
      ["Tannery Brook", 4, ["up", "most"]],
      ["Bow & cello", 2, ["new"]],
      ["Plots & cucumbers", 1, ["steady"]],
      ["Kitchen", 1, ["back"]],
      ["Knee", 0, ["down"]],
    ]);
    expect(values(fullAccount(), /\.(usual|before|away|share)$/)).toMatchObject({
      "theme-1.usual": 1,
      "theme-1.share": 50,
      "theme-4.away": 7,
      "theme-5.before": 4,
    });
  });

  test("in the first week of an account nothing is new or back: there is no before", () => {
    const account = {
      ...emptyAccount,
      notes: [weekNote(1, "a"), weekNote(2, "a")],
      themes: [theme("a", "Bread", 0, null)],
      firstDay: WEEK.firstDay,
    };
    expect(says(account, "theme-1.notes")).toEqual(["steady", "most"]);
  });
});

describe("notes that mattered", () => {
  test("each with its reasons", () => {
    const told = weekFacts(fullAccount()).filter((fact) => /^note-\d+$/.test(fact.id));
    expect(told.map(({ value, says }) => [value, says])).toEqual([
      ["Brought a cello home", ["linked"]],
      ["Headcut, one week on", ["longest", "central"]],
      ["Gutter arithmetic", ["back"]],
    ]);
  });

  test("a folder that was touched as a whole is nobody going back to notes", () => {
    const old = Array.from({ length: 40 }, () => weekNote(1, null, { writtenOn: "2025-01-01" }));
    expect(
      weekFacts({ ...emptyAccount, notes: [...old, weekNote(1, null), weekNote(2, null)] }).filter((fact) =>
        fact.says.includes("back"),
      ),
    ).toEqual([]);
  });
});

describe("open ends", () => {
  test("a ticked to-do was closed in this week if its note is of it, or if it was open when the last was told", () => {
    const account = fullAccount();
    expect(values(account, /^(open|closed|asked)$/)).toEqual({ open: 2, closed: 1, asked: 1 });
    const old = account.notes.find((note) => note.title === "Gutter arithmetic")!;
    const openBefore = new Set([JSON.stringify([old.id, "measure the downspout"])]);
    expect(values({ ...account, openBefore }, /^closed$/)).toEqual({ closed: 2 });
  });
});

describe("ties", () => {
  test("a link across themes, and an old note with the words that both have", () => {
    expect(values(fullAccount(), /^(connection|echo)/)).toEqual({
      connection: "Rye scald, first try",
      "connection.from": "Kitchen",
      "connection.to": "Bow & cello",
      "connection.target": "Brought a cello home",
      "echo.old": "Soil test, finally",
      "echo.date": "2026-05-30",
      "echo.age": 4,
      "echo.note": "Bin two is hot",
      "echo.word-1": "compost",
      "echo.word-2": "straw",
      "echo.word-3": "soil",
    });
  });

  test("a note that stands between two themes joins them, where nothing links across", () => {
    expect(values({ ...fullAccount(), links: [] }, /^connection/)).toMatchObject({
      connection: "Bin two is hot",
      "connection.from": "Plots & cucumbers",
      "connection.to": "Kitchen",
    });
  });

  test("what is linked already, is young or shares no words is no echo", () => {
    const account = fullAccount();
    const [echo] = account.echoes;
    const without = (change: Partial<typeof echo>) =>
      values({ ...account, echoes: [{ ...echo!, ...change }] }, /^echo/);
    expect(without({ oldWrittenOn: "2026-09-20" })).toEqual({});
    expect(without({ sharedWords: ["soil"] })).toEqual({});
    const links = [
      ...account.links,
      { fromId: echo!.noteId, toId: "o1", toTitle: "x", toThemeId: null, toWrittenOn: "2026-05-30" },
    ];
    expect(values({ ...account, links }, /^echo/)).toEqual({});
  });
});

test("a week in which nothing was written or changed has no note, and that is all", () => {
  expect(values(emptyAccount, /./)).toEqual({
    "week.first": "2026-10-18",
    "week.last": "2026-10-24",
    notes: 0,
  });
});

test("facts have ids of their own, come out the same again, and rest on notes", () => {
  for (let seed = 0; seed < 60; seed++) {
    const facts: Fact[] = weekFacts(randomAccount(seed));
    expect(new Set(facts.map((fact) => fact.id)).size).toBe(facts.length);
    expect(weekFacts(randomAccount(seed))).toEqual(facts);
    for (const fact of facts) {
      if (typeof fact.value !== "number" || fact.value === 0 || fact.id === "weeks") continue;
      expect([fact.id, fact.noteIds.length > 0]).toEqual([fact.id, true]);
    }
  }
});

describe("the week", () => {
  test.each([
    ["America/New_York", "2026-11-01T08:00:00Z", "2026-10-31", 168],
    ["America/New_York", "2026-11-08T08:00:00Z", "2026-11-07", 169], // clocks went back on the first
    ["America/New_York", "2026-03-15T07:00:00Z", "2026-03-14", 167], // and forward on the eighth
    ["Pacific/Auckland", "2026-11-01T08:00:00Z", "2026-10-31", 168],
    ["Pacific/Honolulu", "2026-11-01T08:00:00Z", "2026-10-30", 168],
    ["America/Asuncion", "2024-10-09T08:00:00Z", "2024-10-08", 167], // a day that begins at one o'clock
    ["Pacific/Apia", "2012-01-02T08:00:00Z", "2012-01-01", 144], // a week with a day left out
  ])("in %s, seen at %s, ends on %s and has %i hours", (timeZone, asOf, lastDay, hours) => {
    const week = weekBefore(new Date(asOf), timeZone);
    expect(week.lastDay).toBe(lastDay);
    expect((week.until.getTime() - week.from.getTime()) / 3_600_000).toBe(hours);
    expect(weekEnding(lastDay, timeZone)).toEqual(week);
  });
});
