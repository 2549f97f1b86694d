import { decideTonight } from "@noctuary/core/nightly-stacks/decide-tonight";
import { gatherEvidence } from "@noctuary/core/nightly-stacks/gather-evidence";
import type { Facts } from "@noctuary/core/smart-stacks/facts";
import { detectors } from "@noctuary/core/smart-stacks/run-detectors";
import { wrongFacts } from "@noctuary/core/smart-stacks/verify-facts";
import { asUser } from "@noctuary/db/access";
import { stackReportOf } from "@noctuary/db/stacks/stack";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, type TestNote, themedNotes } from "../support/notes.ts";
import { contentsOf } from "../support/outcome.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const TODAY = "2026-11-02";
/** A word that stands in one note alone. */
const WORD = "quagmire";
let database: TestDatabase;
let night: Night;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());
beforeEach(async () => {
  await database.empty();
  await putNotes(database, "u", account());
  night = await openNight(database, { environment: { NOCTUARY_DIMENSIONS: "256" } });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await night.close();
});

const daysBefore = (days: number) =>
  new Date(Date.parse(`${TODAY}T18:00:00Z`) - days * 86_400_000).toISOString();

/** Two themes all through five months, and bread, which began nine days ago with open to-dos. */
function account(): TestNote[] {
  const old = themedNotes(60, { themes: 3 })
    .filter(({ id }) => Number(id.slice(-5)) % 3 !== 0)
    .map((note, i) => ({ ...note, createdAt: daysBefore(150 - i * 3), updatedAt: daysBefore(150 - i * 3) }));
  const born = themedNotes(21, { themes: 3, prefix: "bread-" })
    .filter(({ id }) => Number(id.slice(-5)) % 3 === 0)
    .map((note, i) => ({ ...note, createdAt: daysBefore(9 - i), updatedAt: daysBefore(9 - i) }));
  return [...old, ...born];
}

const asOf = (date: string, hour = "07") => `${date}T${hour}:30:00Z`;
const clusters = (date = TODAY) => night.run({}, asOf(date), "nightly-cluster");
const stacks = (date = TODAY, options = {}) => night.run(options, asOf(date, "08"), "nightly-stacks");
const both = async (date = TODAY) => {
  await clusters(date);
  return stacks(date);
};
interface Row extends Record<string, unknown> {
  id: string;
  kind: string;
  title: string;
  reason: string;
  retired_cause: string | null;
}
const living = () =>
  database.query<Row>("select * from noctuary.smart_stack where retired_at is null order by priority desc");
const all = () => database.query<Row>("select * from noctuary.smart_stack order by id");
const say = (stackId: string, verdict: string, at = asOf(TODAY, "12")) =>
  database.query(
    "insert into noctuary.stack_verdict (user_id, stack_id, verdict, at) values ('u', $1, $2, $3)",
    [stackId, verdict, at],
  );

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

test("a theme that the clusters' events say split from another is told as its branch", async () => {
  await clusters();
  const [bread] = await database.query<{ id: string }>(
    `select cluster_id as id from noctuary.cluster_membership where note_id like 'bread-%' group by 1 order by count(*) desc`,
  );
  await database.query(
    `update noctuary.cluster_event set kind = 'split', other_id = 'older' where cluster_id = $1 and kind = 'born'`,
    [bread!.id],
  );
  await stacks();
  expect(await living()).toMatchObject([
    {
      reason: "7 notes on 7 days since 24 October 2026, and none before.",
      facts: { splitFrom: "older" },
    },
  ]);
  expect(await wrongInDatabase()).toEqual([]);
});

test("a stack that no longer holds is retired with its cause and loses its words", async () => {
  await both();
  const [stack] = await living();
  await both("2026-12-20");
  expect(await all()).toMatchObject([{ id: stack!.id, retired_cause: "over", title: "", reason: "" }]);
});

describe("what a person says", () => {
  test("a dismissed stack goes, and is not made again", async () => {
    await both();
    const [stack] = await living();
    await say(stack!.id, "dismissed");
    await both("2026-11-03");
    await both("2026-11-04");
    expect(await all()).toMatchObject([{ id: stack!.id, retired_cause: "dismissed" }]);
  });

  test("a dismissed stack comes back when most of it is new, under another id and with less weight", async () => {
    await both();
    const [stack] = await living();
    await say(stack!.id, "dismissed");
    await both("2026-11-03");
    const more = themedNotes(30, { themes: 3, prefix: "more-", from: 90 })
      .filter(({ id }) => Number(id.slice(-5)) % 3 === 0)
      .map((note, i) => ({ ...note, createdAt: new Date(Date.parse(daysBefore(-i / 3))).toISOString() }));
    await putNotes(database, "u", more);
    await both("2026-11-06");
    const [again] = await living();
    expect(again).toMatchObject({ kind: "new-theme" });
    expect(again!.id).not.toBe(stack!.id);
    expect((again!.priority_parts as { kindWeight: number }).kindWeight).toBeLessThan(0.75);
  });

  test("a kept stack stays, as it was, also when its signal is over", async () => {
    await both();
    const [stack] = await living();
    await say(stack!.id, "kept");
    await both("2026-12-20");
    expect(await living()).toMatchObject([{ id: stack!.id, reason: stack!.reason, title: stack!.title }]);
  });

  test("a dismissal holds although the theme went into another one", async () => {
    await both();
    const [stack] = await living();
    await say(stack!.id, "dismissed");
    await database.query(`insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
      values ('u', 'other', 'topic', 'Other', 7, '{}', 7, now())`);
    await database.query(
      "update noctuary.cluster_membership set cluster_id = 'other' where cluster_id = $1",
      [stack!.cluster_id],
    );
    await database.query(
      "update noctuary.cluster set retired_at = now(), merged_into = 'other' where id = $1",
      [stack!.cluster_id],
    );
    await stacks("2026-11-03");
    expect(await living()).toEqual([]);
  });
});

describe("a note that may not be shown any more", () => {
  const loud: TestNote = {
    ...themedNotes(1, { themes: 3, prefix: "loud-" })[0]!,
    title: `${WORD} ${WORD} ${WORD}`,
    body: `${WORD} sourdough starter levain ${WORD} flour hydration ${WORD}.\n\n- [ ] buy a ${WORD}\n- [ ] sell a ${WORD}\n- [ ] ${WORD}`,
    createdAt: daysBefore(4),
    updatedAt: daysBefore(4),
  };
  const traces = async () =>
    (await all()).filter((row) => JSON.stringify(row).includes(WORD)).length +
    (
      await database.query(
        `select 1 from noctuary.smart_stack_note where remark like '%${WORD}%' or note_id = 'loud-00000'`,
      )
    ).length;
  beforeEach(async () => {
    await putNotes(database, "u", [loud]);
  });

  test("is gone from titles, reasons and notes the same night when it is excluded", async () => {
    await both();
    expect(await traces()).toBeGreaterThan(0);
    await putNotes(database, "u", [{ ...loud, aiExcluded: true, updatedAt: daysBefore(-1) }]);
    await clusters("2026-11-04");
    expect(await traces(), "the clusters' step takes it out already").toBe(0);
    await stacks("2026-11-04");
    expect(await traces()).toBe(0);
    expect((await living())[0]).toMatchObject({
      reason: "7 notes on 7 days since 24 October 2026, and none before.",
    });
  });

  test.each([
    ["excluded", () => putNotes(database, "u", [{ ...loud, aiExcluded: true }])],
    ["deleted", () => deleteNotes(database, "u", [loud.id], "mark")],
    ["removed", () => deleteNotes(database, "u", [loud.id], "remove")],
  ])("is gone as well when it was %s between the clusters and the stacks", async (_, takeAway) => {
    await both();
    await clusters("2026-11-03");
    await takeAway();
    await stacks("2026-11-03");
    expect(await traces()).toBe(0);
    expect(await living()).toHaveLength(1);
  });

  test("lends no word to a title, although its topic is named anew only by the next clusters", async () => {
    await both();
    await clusters("2026-11-03");
    await database.query(`update noctuary.cluster set name = '${WORD}', keyphrases = '{${WORD}}'`);
    await putNotes(database, "u", [{ ...loud, aiExcluded: true }]);
    await stacks("2026-11-03");
    expect((await living()).map(({ title }) => title)).toEqual(["New: a theme"]);
  });

  test("is hidden from the app at once", async () => {
    await both();
    const app = () => database.query("select 1 from noctuary.app_stack");
    await database.query("select set_config('app.user_id', 'u', false)");
    const shown = (await app()).length;
    await deleteNotes(database, "u", [loud.id]);
    expect(await app()).toHaveLength(shown - 1);
  });
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
  expect(night.log()).not.toContain("quagmire");
  broken.mockRestore();
  expect(await both("2026-11-04")).toMatchObject({
    status: "done",
    totals: { failedDetectors: 0, stacks: 1 },
  });
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

/** Every fact of every living stack that the database does not bear out. */
async function wrongInDatabase(date = TODAY): Promise<string[]> {
  const { evidence } = await gatherEvidence(night.context, "u", new Date(asOf(date, "08")));
  const notes = await database.query<{ id: string; title: string; body: string }>(
    "select id, title, body from noctuary.note",
  );
  const byId = new Map(notes.map((note) => [note.id, note]));
  const near = await database.query<{ a: string; b: string; similarity: number }>(
    `select a.note_id as a, b.note_id as b, 1 - (a.vector <=> b.vector) as similarity
     from noctuary.note_embedding a, noctuary.note_embedding b`,
  );
  const similarity = new Map(near.map((row) => [`${row.a} ${row.b}`, row.similarity]));
  return (await living()).flatMap((stack) =>
    wrongFacts(stack.facts as Facts, stack.cluster_id as string | null, {
      account: evidence.account,
      textOf: (id) => byId.get(id),
      similarityOf: (a, b) => similarity.get(`${a} ${b}`),
    }).map((fact) => `${stack.kind}: ${fact}`),
  );
}

test("every fact of every stack can be computed again from the database, and a false one is found out", async () => {
  const copy = { ...themedNotes(3)[1]!, id: "copy", title: "Another title", createdAt: daysBefore(20) };
  const todos = themedNotes(7, { prefix: "todo-" }).map((note, i) => ({
    ...note,
    body: `${themedNotes(1, { from: 300 + i })[0]!.body}\n- [ ] mend it\n- [ ] and this`,
    createdAt: daysBefore(20 - i),
    updatedAt: daysBefore(20 - i),
  }));
  await putNotes(database, "u", [copy, ...todos]);
  await both();
  expect((await living()).length).toBeGreaterThan(1);
  expect(await wrongInDatabase()).toEqual([]);
  await database.query(
    `update noctuary.smart_stack set facts = jsonb_set(facts, '{notes}', '99') where kind = 'new-theme'`,
  );
  await database.query(
    `update noctuary.smart_stack set facts = jsonb_set(facts, '{sharedWords}', '99') where kind = 'near-duplicates'`,
  );
  expect((await wrongInDatabase()).length).toBeGreaterThan(0);
});

test("the same notes give the same stacks in the same order", async () => {
  await clusters();
  const gathered = await gatherEvidence(night.context, "u", new Date(asOf(TODAY, "08")));
  const decide = () => decideTonight(gathered, { most: 5, earlierClusters: false, newId: () => "id" });
  expect(decide()).toEqual(decide());
});
