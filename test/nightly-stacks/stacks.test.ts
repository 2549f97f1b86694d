import { decideTonight } from "@noctuary/core/nightly-stacks/decide-tonight";
import { gatherEvidence } from "@noctuary/core/nightly-stacks/gather-evidence";
import { detectors } from "@noctuary/core/smart-stacks/run-detectors";
import { asUser } from "@noctuary/db/access";
import { stackReportOf } from "@noctuary/db/stacks/stack";
import { afterEach, expect, test, vi } from "vitest";
import { putNotes, themedNotes } from "../support/notes.ts";
import { contentsOf } from "../support/outcome.ts";
import { daysBefore, mornings, TODAY } from "./mornings.ts";

const morning = mornings();
const { database, clusters, stacks, both, living, all } = morning;
afterEach(() => vi.restoreAllMocks());

test("a night finds the theme that began, says why in numbers, and names what to open", async () => {
  const run = await both();
  expect(run).toMatchObject({ status: "done", totals: { stacks: 1, stacksAdded: 1, earlierClusters: 0 } });
  const [stack] = await living();
  expect(stack).toMatchObject({
    kind: "new-theme",
    reason: "7 notes on 7 days since 24 October 2026, and none before.",
    priority_parts: { kindWeight: 1 },
  });
  expect(stack!.title).toMatch(/^New: ./);
  const notes = await database.query("select note_id from noctuary.smart_stack_note where rank is not null");
  expect(notes).toHaveLength(7);
  expect(notes.every((row) => String(row.note_id).startsWith("bread-"))).toBe(true);
});

test("the next night keeps the stack, and a night without notes, one note or clusters makes none", async () => {
  await both();
  const [before] = await living();
  const again = await both("2026-11-03");
  expect(again.totals).toMatchObject({ stacksAdded: 0, stacksRetired: 0 });
  expect((await living()).map(({ id }) => id)).toEqual([before!.id]);
  await putNotes(database, "v", themedNotes(1));
  await database.query("insert into noctuary.user_state (user_id) values ('w')");
  const run = await stacks("2026-11-04");
  expect(run).toMatchObject({ status: "done", totals: { users: 3 } });
  expect(await database.query("select 1 from noctuary.smart_stack where user_id <> 'u'")).toEqual([]);
});

test("notes that all came in on one day are an import and no burst of interest, and the run says how many", async () => {
  await database.empty();
  const notes = themedNotes(60).map((note) => ({ ...note, createdAt: daysBefore(2) }));
  await putNotes(database, "u", notes);
  const run = await both();
  expect(run.totals).toMatchObject({ stacks: 0, importedNotes: 60 });
});

test("a stack that no longer holds is retired with its cause and loses its words", async () => {
  await both();
  const [stack] = await living();
  await both("2026-12-20");
  expect(await all()).toMatchObject([{ id: stack!.id, retired_cause: "over", title: "", reason: "" }]);
});

test("a user who switches AI off has no stacks from that night on", async () => {
  await both();
  await database.query("insert into noctuary.user_setting (user_id, ai_enabled) values ('u', false)");
  await stacks("2026-11-03");
  expect(await all()).toMatchObject([{ retired_cause: "ai_off", title: "" }]);
});

test("a time zone that does not exist stops nobody's night", async () => {
  await database.query("insert into noctuary.user_setting (user_id, time_zone) values ('u', 'Mars/Olympus')");
  expect((await both()).status).toBe("done");
  expect(await living()).toHaveLength(1);
});

test("a detector that throws is skipped and recorded, the others' stacks are stored, and the next night mends it", async () => {
  await both();
  const [stack] = await living();
  const broken = vi.spyOn(detectors, "new-theme").mockImplementation(() => {
    throw Object.assign(new RangeError("a note said quagmire"), { code: "ERR_BROKEN" });
  });
  const run = await both("2026-11-03");
  expect(run).toMatchObject({ status: "partial", totals: { failedDetectors: 1 } });
  expect(
    (await living()).map(({ id }) => id),
    "what it could not look at stays",
  ).toEqual([stack!.id]);
  const report = await asUser(database.db, "u", (tx) => stackReportOf(tx, "u", run.id));
  expect(report).toMatchObject({
    failures: [{ kind: "new-theme", error: { class: "RangeError", code: "ERR_BROKEN" } }],
  });
  expect(morning.night.log()).not.toContain("quagmire");
  broken.mockRestore();
  expect(await both("2026-11-04")).toMatchObject({
    status: "done",
    totals: { failedDetectors: 0, stacks: 1 },
  });
});

test("the same notes give the same stacks in the same order", async () => {
  await clusters();
  const gathered = await gatherEvidence(morning.night.context, "u", new Date(`${TODAY}T08:30:00Z`));
  const decide = () => decideTonight(gathered, { most: 5, earlierClusters: false, newId: () => "id" });
  expect(decide()).toEqual(decide());
});

test("a dry run writes nothing but its report, and the report is exactly what the run then does", async () => {
  await clusters();
  const before = await contentsOf(database);
  const dry = await stacks(TODAY, { dryRun: true });
  const after = await contentsOf(database);
  const ledger = new Set(["run", "run_user", "task", "outbox", "stack_report"]);
  for (const table of Object.keys(before)) {
    if (!ledger.has(table)) expect(after[table], table).toEqual(before[table]);
  }
  const real = await stacks();
  const reports = await Promise.all(
    [dry, real].map((run) => asUser(database.db, "u", (tx) => stackReportOf(tx, "u", run.id))),
  );
  const withoutIds = (report: unknown) =>
    JSON.parse(JSON.stringify(report).replaceAll(/"id":"[^"]*"/g, '"id":""'));
  expect(withoutIds(reports[0])).toEqual(withoutIds(reports[1]));
  expect(dry.totals).toMatchObject({ stacksAdded: 1 });
  expect(JSON.stringify(reports[0]), "no text in it").not.toMatch(/sourdough|levain|starter/);
});
