import { withoutCode } from "@noctuary/core/text/markdown-code";
import { wikiLinks } from "@noctuary/core/text/wiki-links";
import { describe, expect, test } from "vitest";
import { dateInFileName, readDate } from "../../packages/cli/src/vault/dates.ts";
import { inlineTags } from "../../packages/cli/src/vault/tags.ts";

describe("inline tags", () => {
  test.each([
    [
      "#one at the start, #two (#three) and\n#four, #five/six_7-8 .",
      ["one", "two", "three", "four", "five/six_7-8"],
    ],
    ["# Heading\n## Another #tag", ["tag"]],
    ["issue #12, #2024 and #y2024", ["y2024"]],
    ["#fff #a1b2c3 #FFCC00 #ffccaa00 #abcdef #cafe #dad #decade", ["cafe", "dad", "decade"]],
    ["a#b https://x.org/#c [d](#e) [[#f]] &#39; color:#g", []],
    ["#Grüße #日本語 #🌱 #-", ["Grüße", "日本語", "🌱"]],
    ["`#a` ``#b ` #c`` #d ` #e", ["d", "e"]],
    ["```sh\n#a\n```\n#b\n~~~\n#c\n```\n#d\n~~~\n#e\n````\n#f\n```\n#g", ["b", "e"]],
    ["> ```\n> #a\n> ```\n> #b", ["b"]],
    ["Text\n\n    #a\n\n- item\n\n    #b in the item\n\nText\n    #c goes on", ["b", "c"]],
  ])("%j", (text, tags) => {
    expect(inlineTags(text)).toEqual(tags);
  });

  test("hostile text is read in one pass", () => {
    for (const text of [
      "`".repeat(500_000),
      "` `` ".repeat(200_000),
      "#".repeat(1e6),
      "#a/".repeat(3e5),
      "> ".repeat(5e5),
      "[[".repeat(5e5),
    ]) {
      expect(withoutCode(text).length).toBeLessThanOrEqual(text.length);
      expect(inlineTags(text).length + wikiLinks(text).length).toBeLessThan(10);
    }
  });
});

describe("wiki links", () => {
  test.each([
    [
      "[[Ada]], [[People/Ada Lovelace|her]] and ![[Notes#On engines]]",
      ["Ada", "People/Ada Lovelace", "Notes"],
    ],
    ["[[a.md]] [[/b]] [[../c.markdown]] [[a]]", ["a", "b", "../c"]],
    ["| [[Table\\|cell]] |", ["Table"]],
    ["![[photo.png]] [[paper.pdf#page=3]] [[v1.2 plan]]", ["v1.2 plan"]],
    ["`[[code]]` [[#heading]] [[]] [[ ]] [[open\n]] [x](y)", []],
    ["[[Cafe\u0301]] [[Node.js]]", ["Caf\u00e9", "Node.js"]],
  ])("%j", (text, links) => {
    expect(wikiLinks(text)).toEqual(links);
  });
});

describe("dates", () => {
  test.each([
    ["2026-05-25.md", "2026-05-25"],
    ["2026_05_25.md", "2026-05-25"],
    ["Meeting 2026-05-25 with Ada.md", "2026-05-25"],
    ["20260525.md", "2026-05-25"],
    ["202605251430 Idea.md", "2026-05-25"],
    ["20260525143000-idea.md", "2026-05-25"],
    ["2026-02-30.md", undefined],
    ["20261325.md", undefined],
    ["phone 20260525.md", undefined],
    ["12026-05-251.md", undefined],
    ["2026-05_25.md", undefined],
  ])("in a file name: %s", (name, day) => {
    expect(dateInFileName(name)?.toISOString().slice(0, 10)).toBe(day);
  });

  test.each([
    ["2026/5/25", "2026-05-25T12:00:00.000Z"],
    ["2026-05-25T14:30:15.123+02:00", "2026-05-25T12:30:15.000Z"],
    ["2026-05-25T14:30+02", "2026-05-25T12:30:00.000Z"],
    ["May 25th, 2026", "2026-05-25T12:00:00.000Z"],
    ["25 May 2026", "2026-05-25T12:00:00.000Z"],
    [1_779_710_400, "2026-05-25T12:00:00.000Z"],
    ["1779710400", "2026-05-25T12:00:00.000Z"],
  ])("%s", (value, date) => {
    expect(readDate(value)?.toISOString()).toBe(date);
  });

  test("a time without zone is this machine's", () => {
    const local = new Date(2026, 4, 25, 14, 30);
    expect(readDate("2026-05-25 14:30")).toEqual(local);
    expect(readDate("Monday, May 25th 2026, 2:30:00 pm")).toEqual(local);
  });

  test.each([
    "yesterday",
    "2026-02-30",
    "2026-02-30T10:00",
    "2026-05-25T25:00",
    "May 2026",
    "foo 1",
    "12",
    2026,
    true,
    null,
    {},
    [],
    ["a", "b"],
    "0000-01-01",
    Number.NaN,
    Number.POSITIVE_INFINITY,
    "9".repeat(400),
  ])("%s is no date", (value) => {
    expect(readDate(value)).toBeUndefined();
  });
});
