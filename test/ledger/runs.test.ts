import { afterEach, beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { contentsOf } from "../support/outcome.ts";

const database = emptiedDatabase();
let night: Night;

beforeEach(async () => {
  await putNotes(database, "u1", themedNotes(3));
  await putNotes(database, "u2", themedNotes(3));
  night = await openNight(database);
});
afterEach(() => night.close());

const schedule = (scheduledTime: string) => night.start({ trigger: "schedule", scheduledTime });
const manual = (options: object, asOf = "2026-11-02T12:00:00Z") =>
  night.start({ trigger: "manual", asOf, options });
const runs = () => database.query("select local_date::text as date, trigger from noctuary.run order by 1, 2");

test("a schedule that is delivered twice, once it is over as well, is one run", async () => {
  const first = await schedule("2026-11-02T07:00:00Z");
  expect(first.joined).toBe(false);
  expect(await schedule("2026-11-02T07:00:00Z")).toEqual({ runId: first.runId, joined: true });
  expect((await night.finish(first.runId)).status).toBe("done");
  const before = await contentsOf(database);
  expect(await schedule("2026-11-02T07:00:00Z")).toEqual({ runId: first.runId, joined: true });
  expect(await contentsOf(database)).toEqual(before);
});

test("two deliveries at the same instant are one run", async () => {
  const started = await Promise.all(Array.from({ length: 4 }, () => schedule("2026-11-02T07:00:00Z")));
  expect(new Set(started.map(({ runId }) => runId)).size).toBe(1);
  expect(started.filter(({ joined }) => !joined).length).toBe(1);
  expect((await night.finish(started[0]!.runId)).totals).toMatchObject({ users: 2, embedded: 6 });
});

test("a late delivery belongs to the date it was for; each local date has its own run", async () => {
  const first = await schedule("2026-11-02T07:00:00Z");
  expect(await schedule("2026-11-02T11:30:00Z"), "hours late").toEqual({ runId: first.runId, joined: true });
  expect((await schedule("2026-11-03T04:30:00Z")).joined, "half past eleven at night in New York").toBe(true);
  expect((await schedule("2026-11-03T07:00:00Z")).joined).toBe(false);
  expect(await runs()).toEqual([
    { date: "2026-11-02", trigger: "schedule" },
    { date: "2026-11-03", trigger: "schedule" },
  ]);
});

test("both two o'clocks of the autumn night are one run", async () => {
  // 2026-11-01 01:30 in New York comes twice, at 05:30 and 06:30 UTC.
  const first = await schedule("2026-11-01T05:30:00Z");
  expect(await schedule("2026-11-01T06:30:00Z")).toEqual({ runId: first.runId, joined: true });
});

test("a manual call joins the open run that was asked for in other words", async () => {
  const first = await manual({ userIds: ["u2", "u1"], full: true });
  expect(await manual({ full: true, userIds: ["u1", "u2", "u1"], dryRun: false })).toEqual({
    runId: first.runId,
    joined: true,
  });
});

test("manual calls at the same instant are one run", async () => {
  const started = await Promise.all(Array.from({ length: 4 }, () => manual({ userIds: ["u1"] })));
  expect(new Set(started.map(({ runId }) => runId)).size).toBe(1);
});

test("a manual call joins tonight's scheduled run while that is open", async () => {
  const scheduled = await schedule("2026-11-02T07:00:00Z");
  expect(await manual({})).toEqual({ runId: scheduled.runId, joined: true });
});

test("a manual call with other users or options, or after the run has ended, is a run of its own", async () => {
  const first = await manual({});
  for (const options of [{ userIds: ["u1"] }, { full: true }, { dryRun: true }, { acceptDeletions: true }]) {
    expect(await manual(options)).toMatchObject({ joined: false });
  }
  await night.finish(first.runId);
  expect(await manual({})).toMatchObject({ joined: false });
});

test("a scheduled run stands beside a manual one of the same date", async () => {
  await manual({});
  expect(await schedule("2026-11-02T07:00:00Z")).toMatchObject({ joined: false });
});

test.each<[string, object]>([
  ["an unknown trigger", { trigger: "moon" }],
  ["a schedule without a time", { trigger: "schedule" }],
  ["an unknown option", { trigger: "manual", options: { dryrun: true } }],
  ["a time without a zone", { trigger: "schedule", scheduledTime: "2026-11-02T07:00:00" }],
  ["an empty user id", { trigger: "manual", options: { userIds: [""] } }],
])("%s is refused, and nothing is written", async (_, event) => {
  await expect(night.start(event as never)).rejects.toThrow();
  expect(await runs()).toEqual([]);
});

test("only the users that were asked for are planned, in their own run", async () => {
  const { runId } = await manual({ userIds: ["u2"] });
  expect((await night.finish(runId)).totals).toMatchObject({ users: 1, embedded: 3 });
  expect(await database.query("select distinct user_id from noctuary.note_embedding")).toEqual([
    { user_id: "u2" },
  ]);
});
