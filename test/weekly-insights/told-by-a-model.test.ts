import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { renderMarkdown } from "@noctuary/core/weekly-insights/render-markdown";
import { asUser } from "@noctuary/db/access";
import { expect, test } from "vitest";
import { type ChatReply, type ChatRequest, materialOf } from "../support/chat-server.ts";
import { honest, sectionOf } from "../support/honest-model.ts";
import { themedNotes } from "../support/notes.ts";
import { sundays } from "./sundays.ts";
import { putDatedNotes, someMonths, storedInsight, textsOf } from "./week-of-notes.ts";

const sunday = sundays();

test("each section is one question, and says where it comes from", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.openWithModel();
  await sunday.cluster();
  const requests = async () =>
    (
      await sunday.database.query<{ requests: number }>(
        "select requests from noctuary.usage where user_id = 'u' and model = 'gpt-4.1-mini'",
      )
    )[0]!.requests;
  const forNames = await requests();
  const run = await sunday.tell();
  expect(run.status).toBe("done");
  const insight = (await storedInsight(sunday.database, "u"))!;
  expect(sunday.chat.requests.map(sectionOf).sort()).toEqual(
    insight.sections.map(({ section }) => section).sort(),
  );
  const [headline] = insight.sections;
  expect(headline).toMatchObject({
    writtenBy: "model",
    model: "gpt-4.1-mini",
    promptVersion: 2,
    missingCode: null,
    inputTokens: expect.any(Number),
  });
  expect(headline!.sentences[0]!.text).toBe("This week holds 10 notes.");
  expect((await requests()) - forNames).toBe(run.totals.questions);
  expect(run.totals.sentencesKept).toBeGreaterThan(0);
});

const lies: [string, (request: ChatRequest) => ChatReply][] = [
  [
    "invents figures",
    () => ({
      content: { sentences: [{ text: "You wrote 900 notes.", factIds: ["notes"], noteIds: ["n1"] }] },
    }),
  ],
  [
    "invents ids",
    () => ({
      content: { sentences: [{ text: "You wrote ten notes.", factIds: ["wisdom"], noteIds: ["n99"] }] },
    }),
  ],
  [
    "names people",
    () => ({
      content: {
        sentences: [{ text: "You wrote ten notes with Marvin Quill.", factIds: ["notes"], noteIds: ["n1"] }],
      },
    }),
  ],
  [
    "writes HTML",
    () => ({
      content: {
        sentences: [{ text: "<b>You</b> wrote ten notes.", factIds: ["notes"], noteIds: ["n1"] }],
      },
    }),
  ],
  [
    "writes German",
    () => ({
      content: {
        sentences: [{ text: "Du hast zehn Notizen geschrieben.", factIds: ["notes"], noteIds: ["n1"] }],
      },
    }),
  ],
  ["answers in another shape", () => ({ content: { summary: "You wrote ten notes." } })],
  ["is cut off", () => ({ content: '{"sentences": [{"text": "You wro', finishReason: "length" })],
  ["refuses", () => ({ refusal: "I cannot do that." })],
];
test.each(lies)("one that %s is not heard: the plain text stands, and is counted", async (_, reply) => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.openWithModel();
  sunday.chat.reply = reply;
  const run = await sunday.tell();
  expect(run.status).toBe("done");
  const insight = (await storedInsight(sunday.database, "u"))!;
  expect(insight.status).toBe("complete");
  expect(insight.sections.every(({ writtenBy }) => writtenBy === "template")).toBe(true);
  expect(insight.sections.every(({ dropped }) => Object.values(dropped).some((count) => count > 0))).toBe(
    true,
  );
  expect(textsOf(insight)[0]).toMatch(/^Ten notes/);
  expect(run.totals).toMatchObject({ sentencesKept: 0, sentencesDropped: insight.sections.length });
});

test("a section that fails leaves a partial week, and a later run fills in that one", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.openWithModel();
  await sunday.cluster();
  sunday.chat.reply = (request) => (sectionOf(request) === "themes" ? { status: 500 } : honest(request));
  expect((await sunday.tell()).status).toBe("partial");
  const partial = (await storedInsight(sunday.database, "u"))!;
  expect(partial.status).toBe("partial");
  expect(
    partial.sections.flatMap(({ section, missingCode }) => (missingCode === null ? [] : [section])),
  ).toEqual(["themes"]);
  const asked = sunday.chat.requests.filter((request) => sectionOf(request) === "headline");
  expect(asked).toHaveLength(1); // the tries after the first one asked for what was missing

  sunday.chat.reply = honest;
  sunday.chat.requests.length = 0;
  expect((await sunday.tell()).status).toBe("done");
  expect(sunday.chat.requests.map(sectionOf)).toEqual(["themes"]);
  const whole = (await storedInsight(sunday.database, "u"))!;
  expect(whole.status).toBe("complete");
  expect(whole.sections.find(({ section }) => section === "themes")!.writtenBy).toBe("model");
  expect(sunday.events()).toHaveLength(1);
});

test("a week of 5,000 notes is asked about in bounded questions, and it says how many notes were left out", async () => {
  const many = Array.from({ length: 5_000 }, (_, i) => ({
    ...themedNotes(1, { from: i, prefix: "many-" })[0]!,
    id: `many-${String(i).padStart(5, "0")}`,
    createdAt: new Date(Date.parse("2026-10-18T12:00:00Z") + i * 100_000).toISOString(),
  }));
  await putDatedNotes(sunday.database, "u", many);
  await sunday.openWithModel();
  const run = await sunday.tell();
  expect(run).toMatchObject({ status: "done", totals: { notesLeftOut: 3_000 } });
  expect(sunday.chat.requests.length).toBeGreaterThan(0);
  for (const request of sunday.chat.requests) {
    const material = materialOf(request) as { notes: unknown[]; notesLeftOut: number };
    expect(material.notes.length).toBeLessThanOrEqual(14);
    expect(material.notesLeftOut).toBeGreaterThanOrEqual(0);
    expect(JSON.stringify(request.messages).length).toBeLessThan(60_000);
  }
  const headline = sunday.chat.requests.find((request) => sectionOf(request) === "headline")!;
  const { notes, notesLeftOut } = materialOf(headline) as { notes: unknown[]; notesLeftOut: number };
  expect(notes.length + notesLeftOut, "every note of the week is in it or counted").toBe(5_000);
  const insight = (await storedInsight(sunday.database, "u"))!;
  expect(insight.notesLeftOut).toBe(3_000);
  expect(textsOf(insight)[0]).toMatch(/5,?000 notes/);
  const shown = await asUser(sunday.database.db, "u", (tx) => readInsight(tx, "u"));
  expect(renderMarkdown(shown!)).toContain("3,000 notes of the week were counted, but not read");
});

test("a user whose data fails does not stop others", async () => {
  await putDatedNotes(sunday.database, "a", someMonths("a-"));
  await putDatedNotes(sunday.database, "b", someMonths("b-"));
  await sunday.database.query(`alter table noctuary.insight add constraint fault check (user_id <> 'a')`);
  await sunday.open();
  try {
    expect((await sunday.tell()).status).toBe("partial");
    expect(await storedInsight(sunday.database, "a")).toBeNull();
    expect(await storedInsight(sunday.database, "b")).not.toBeNull();
  } finally {
    await sunday.database.query("alter table noctuary.insight drop constraint fault");
  }
});

test("a budget that is spent makes it plain, not late", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.database.query(
    `insert into noctuary.user_setting (user_id, monthly_budget_usd) values ('u', 0.000001)`,
  );
  await sunday.openWithModel();
  expect((await sunday.tell()).status).toBe("done");
  expect(sunday.chat.requests).toHaveLength(0);
  expect((await storedInsight(sunday.database, "u"))!.status).toBe("complete");
});

test("a dry run says what it would cost at the most, asks nobody and writes nothing", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.openWithModel();
  const run = await sunday.tell({ dryRun: true });
  expect(run.totals).toMatchObject({
    questions: expect.any(Number),
    maxTokens: expect.any(Number),
    facts: expect.any(Number),
  });
  expect(run.totals.maxCostUsd).toBeGreaterThan(0);
  expect(sunday.chat.requests).toHaveLength(0);
  for (const table of ["insight", "insight_section", "event_outbox", "usage"])
    expect(await sunday.database.query(`select 1 from noctuary.${table}`)).toEqual([]);
});
