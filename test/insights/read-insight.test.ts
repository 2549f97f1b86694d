import type { Insight } from "@noctuary/core/weekly-insights/insight";
import { renderHtml } from "@noctuary/core/weekly-insights/render-html";
import { renderMarkdown } from "@noctuary/core/weekly-insights/render-markdown";
import { expect, test } from "vitest";

const section = (title: string, text: string) => ({
  section: "themes" as const,
  title,
  writtenBy: "template" as const,
  sentences: [{ text, factIds: ["notes"], noteIds: ["n"] }],
  dropped: {},
  missing: null,
  model: null,
  promptVersion: null,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
});
const hostile = `“<img src=x onerror=alert(1)> [x](http://evil.example) *b* at evil.example & me@evil.example” led.`;
const insight: Insight = {
  version: 1,
  userId: "u",
  week: "2026-11-01",
  firstDay: "2026-10-26",
  timeZone: "America/New_York",
  status: "partial",
  writtenAt: "2026-11-02T08:00:00.000Z",
  runId: "r",
  notesLeftOut: 3_000,
  facts: [],
  sections: [
    section("The week in one line", "Three notes on two days, about 1,200 words in all."),
    { ...section("What it was about", hostile), missing: "provider_down" },
  ],
  notes: {},
};

test("HTML is one file in which nothing is fetched, run or linked, whatever a title holds", () => {
  const html = renderHtml(insight);
  expect(html).toContain("The week of 26 October to 1 November 2026");
  expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;");
  expect(html).not.toMatch(/<(?:a|img|script|link|iframe|form|style)\b/i);
  expect(html).not.toMatch(/https?:\/\/|evil\.example|me@evil/);
  expect(html).toContain("In plain words for now, to be written again: What it was about.");
  expect(html).toContain("3,000 notes of the week were counted");
});

test("Markdown holds no markup but its own", () => {
  const markdown = renderMarkdown(insight);
  expect(markdown).toMatch(/^# The week of 26 October to 1 November 2026\n\n\*\*Three notes/);
  expect(markdown).toContain("\\<img src=x");
  expect(markdown).toContain("\\[x\\](http:\\//evil.example)");
  expect(markdown).toContain("\\*b\\*");
});
