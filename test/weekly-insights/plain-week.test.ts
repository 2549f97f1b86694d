import { catchUp } from "@noctuary/core/runtime/catch-up";
import { weekEnding } from "@noctuary/core/weekly-insights/week";
import { weeklyInsights } from "@noctuary/core/weekly-insights/weekly-insights";
import { asUser } from "@noctuary/db/access";
import { notesOfWeek } from "@noctuary/db/insights/week-account";
import { expect, test } from "vitest";
import { sundays } from "./sundays.ts";
import { putDatedNotes, someMonths, storedInsight, textsOf } from "./week-of-notes.ts";

const sunday = sundays();

test("a week is told plainly, once, and heard of once", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.open();
  await sunday.cluster();
  const run = await sunday.tell();
  expect(run).toMatchObject({ status: "done", costUsd: 0, totals: { insights: 1, users: 1 } });
  const insight = (await storedInsight(sunday.database, "u"))!;
  expect(insight).toMatchObject({ week: "2026-10-24", status: "complete", timeZone: "America/New_York" });
  expect(insight.sections.map(({ section }) => section)).toEqual(
    expect.arrayContaining(["headline", "themes", "open-ends"]),
  );
  expect(textsOf(insight)[0]).toMatch(/^Ten notes \(usually two\) on five days, .*words in all/);
  expect(textsOf(insight).join()).toContain("“order more flour”");
  expect(insight.sections.every(({ writtenBy }) => writtenBy === "template")).toBe(true);
  expect(sunday.events()).toEqual([
    {
      source: "noctuary",
      type: "insight.ready",
      detail: {
        v: 1,
        eventId: expect.any(String),
        userId: "u",
        week: "2026-10-24",
        at: expect.any(String),
      },
    },
  ]);
  const again = await sunday.tell();
  expect(again.totals).toMatchObject({ kept: 1 });
  expect((await storedInsight(sunday.database, "u"))!.writtenAt).toEqual(insight.writtenAt);
  expect(sunday.events()).toHaveLength(1);
});

test("it is replaced when that is asked for", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  await sunday.open();
  await sunday.tell();
  await putDatedNotes(sunday.database, "u", [
    { id: "late", title: "A late note", body: "late", createdAt: "2026-10-24T12:00:00Z" },
  ]);
  await sunday.tell();
  expect(textsOf(await storedInsight(sunday.database, "u"))[0]).toMatch(/^Ten notes/);
  await sunday.tell({ replace: true });
  expect(textsOf(await storedInsight(sunday.database, "u"))[0]).toMatch(
    /^Eleven notes \(usually two\) on six days/,
  );
  expect(sunday.events()).toHaveLength(1);
});

test("without clusters, with one note, in a zone that does not exist, in an empty week", async () => {
  await putDatedNotes(sunday.database, "one", [
    { id: "n", title: "Thole", body: "a word", createdAt: "2026-10-20T12:00:00Z" },
  ]);
  await putDatedNotes(sunday.database, "quiet", [
    { id: "n", title: "Old", body: "old", createdAt: "2026-01-20T12:00:00Z" },
  ]);
  await putDatedNotes(sunday.database, "nowhere", someMonths());
  await sunday.database.query(
    `insert into noctuary.user_setting (user_id, time_zone) values ('nowhere', 'Mars/Olympus')`,
  );
  await sunday.openWithModel();
  const run = await sunday.tell({ userIds: ["one", "quiet", "nowhere"] });
  expect(run).toMatchObject({ status: "done", totals: { insights: 3, unknownTimeZone: 1 } });
  expect(textsOf(await storedInsight(sunday.database, "quiet"))).toEqual([
    "A quiet week: no new notes between 18 and 24 October.",
  ]);
  expect((await storedInsight(sunday.database, "nowhere"))!.timeZone).toBe("America/New_York");
  expect(sunday.chat.requests.some((request) => JSON.stringify(request.messages).includes("“Old”"))).toBe(
    false,
  );
});

test("missed Sundays are made up for, four at most, each for its own days", async () => {
  await putDatedNotes(sunday.database, "u", someMonths());
  // Around a context of its own, so that the reconciler's clock, which is today's, makes up for nothing.
  await sunday.open({
    environment: { NOCTUARY_CLUSTER_WAIT_MS: "0", NOCTUARY_ENABLED_JOBS: "weekly-insights" },
    wrap: (context) => context,
  });
  const scheduled = async (scheduledTime: string) => {
    const { runId } = await sunday.night.start({ trigger: "schedule", scheduledTime }, "weekly-insights");
    return sunday.night.finish(runId);
  };
  await scheduled("2026-09-20T07:00:00Z");
  await catchUp(sunday.night.context, weeklyInsights, new Date("2026-10-25T07:30:00Z")); // this Sunday's may be late
  const missed = await sunday.database.query(
    "select id, local_date::text as date, trigger from noctuary.run where trigger = 'catch-up' order by local_date",
  );
  expect(missed.map(({ date }) => date)).toEqual(["2026-09-27", "2026-10-04", "2026-10-11", "2026-10-18"]);
  expect(await catchUp(sunday.night.context, weeklyInsights, new Date("2026-10-25T07:30:00Z"))).toBe(0);
  for (const { id } of missed) await sunday.night.finish(id);
  const weeks = await sunday.database.query("select week::text from noctuary.insight order by week");
  expect(weeks.map(({ week }) => week)).toEqual([
    "2026-09-19",
    "2026-09-26",
    "2026-10-03",
    "2026-10-10",
    "2026-10-17",
  ]);
});

test("words are runs of anything but white space, however they are set apart", async () => {
  const bodies = ["", " \n\t ", "one", "  two\n\nwords  ", "- [ ] a\tb\r\nc", "日本 語 — é\u00a0x"];
  await putDatedNotes(
    sunday.database,
    "u",
    bodies.map((body, i) => ({ id: `n${i}`, title: `T ${i}`, body, createdAt: "2026-10-20T12:00:00Z" })),
  );
  await sunday.open();
  const week = weekEnding("2026-10-24", "America/New_York");
  const rows = await asUser(sunday.database.db, "u", (tx) =>
    notesOfWeek(tx, { model: "lexical", dimensions: 512 }, "u", week),
  );
  expect(rows.map(({ words }) => words)).toEqual([0, 0, 1, 2, 6, 4]);
});

test("notes without titles go by their first words", async () => {
  const untitled = someMonths().map((note) => ({
    ...note,
    title: "",
    body: `${note.title}\n\n${note.body}`,
  }));
  await putDatedNotes(sunday.database, "u", untitled);
  await sunday.open();
  await sunday.cluster();
  await sunday.tell();
  const insight = (await storedInsight(sunday.database, "u"))!;
  const cited = new Set(insight.sections.flatMap(({ sentences }) => sentences.flatMap((s) => s.noteIds)));
  const told = textsOf(insight).join("\n");
  const quoted = someMonths().filter(({ id, title }) => cited.has(id) && told.includes(`“${title}”`));
  expect(quoted.length).toBeGreaterThan(0);
  expect(told).not.toContain("“”");
});

test("the days are the user's own", async () => {
  const late = { title: "Late", body: "late", createdAt: "2026-10-25T06:00:00Z" };
  for (const [user, zone] of [
    ["auckland", "Pacific/Auckland"],
    ["honolulu", "Pacific/Honolulu"],
  ] as const) {
    await putDatedNotes(sunday.database, user, [{ id: "n", ...late }]);
    await sunday.database.query("insert into noctuary.user_setting (user_id, time_zone) values ($1, $2)", [
      user,
      zone,
    ]);
  }
  await sunday.open();
  await sunday.tell();
  const weeks = await sunday.database.query(
    "select user_id, week::text from noctuary.insight order by user_id",
  );
  expect(weeks).toEqual([
    { user_id: "auckland", week: "2026-10-24" },
    { user_id: "honolulu", week: "2026-10-23" },
  ]);
});
