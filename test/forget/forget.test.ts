import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { carryOutForgets } from "@noctuary/core/nightly-cluster/carry-out-forgets";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { noctuary } from "../cli/noctuary.ts";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { ownLedgerClock } from "../support/ledger-clock.ts";
import { type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, type TestNote, themedNotes } from "../support/notes.ts";
import { columnsWith, filesWith, say, shownWith } from "./search-everywhere.ts";

/** Stands in the notes that are to be forgotten, in their ids and nowhere else. */
const WORD = "xqforgotten";
const FRIDAY = "2026-10-30";
/** Sunday: the night of 1 November tells the week before it. */
const SUNDAY = "2026-11-01";

const database = emptiedDatabase();
let night: Night;
let home: string;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "noctuary-forget-"));
  night = await openNight(database, {
    environment: { NOCTUARY_DIMENSIONS: "256", NOCTUARY_EVENT_LOG: events() },
  });
});
afterEach(async () => {
  await night.close();
  rmSync(home, { recursive: true });
});

const at = (days: number) => new Date(Date.parse(`${SUNDAY}T02:00:00Z`) - days * 86_400_000).toISOString();

/** Two themes that go on, and one of the last days that is all about the word, with open to-dos. */
function account(word = WORD): TestNote[] {
  const old = themedNotes(60, { themes: 3 })
    .filter(({ id }) => Number(id.slice(-5)) % 3 !== 0)
    .map((note, i) => ({ ...note, createdAt: at(150 - i * 3), updatedAt: at(150 - i * 3) }));
  return [...old, ...telling(word)];
}

function telling(word = WORD, prefix = `${word}-`): TestNote[] {
  return themedNotes(24, { themes: 3, prefix })
    .filter(({ id }) => Number(id.slice(-5)) % 3 === 0)
    .map(({ id, title, body }, i) => ({
      id,
      title: `${word} ${title}`,
      body: `${word} ${body}\n\n- [ ] ${word} again and again\n`,
      createdAt: at(6 - i * 0.7),
      updatedAt: at(6 - i * 0.7),
    }));
}

async function threeJobs(day = SUNDAY): Promise<void> {
  expect((await night.run({}, `${day}T07:00:00Z`)).status).toBe("done");
  expect((await night.run({}, `${day}T07:30:00Z`, "nightly-stacks")).status).toBe("done");
  expect((await night.run({}, `${day}T08:00:00Z`, "weekly-insights")).status).toBe("done");
}

/** Kept until its retention ends: ids. */
const AUDIT = /^audit_log\./;

const traces = async (word = WORD) =>
  (await columnsWith(database, word)).filter((column) => !AUDIT.test(column));
/** What commands and pages show of it, and the files that hold it. */
const shown = (user: string) => shownWith(cli, { home, user, word: WORD });
const files = () => [night.logFile, events(), join(home, "logs", "noctuary.log")];
const events = () => join(home, "events.jsonl");

/** The night after the retention of everything so far. */
async function endRetention(): Promise<void> {
  await ownLedgerClock(database, Date.now() + 366 * 86_400_000);
  try {
    await night.run({}, "2027-12-02T07:00:00Z");
  } finally {
    await database.query(`create or replace function noctuary.ledger_clock() returns timestamptz language sql volatile
      parallel safe return clock_timestamp()`);
  }
}

const cli = (...args: string[]) =>
  noctuary(["--home", home, ...args], {
    environment: { DATABASE_URL: database.url, NOCTUARY_DIMENSIONS: "256" },
  });

const EVERYWHERE = [
  "cluster.keyphrases",
  "cluster.name",
  "cluster_membership.note_id",
  "insight.facts",
  "insight_section.sentences",
  "note_embedding.note_id",
  "smart_stack.title",
  "smart_stack_note.note_id",
  "task.payload",
];

describe("before anything is forgotten", () => {
  test("the word has reached names, phrases, stacks, sentences, facts, ids, what commands print and the exported pages", {
    timeout: 120_000,
  }, async () => {
    await putNotes(database, "ada", account());
    await threeJobs();
    say("before anything is forgotten:");
    expect(await traces()).toEqual(expect.arrayContaining(EVERYWHERE));
    expect(await shown("ada")).toEqual([
      ...["noctuary", "noctuary stacks", "noctuary notes"],
      ...["noctuary insights --md", "noctuary insights --html", "export"],
    ]);
    expect(filesWith(files(), WORD)).toEqual([]);
    expect(readFileSync(events(), "utf8"), "a week was told").toContain("insight.ready");
  });
});

describe("notes that are forgotten", () => {
  const ids = telling().map(({ id }) => id);

  test("on request, are gone at once from every column of every table, from log and export", {
    timeout: 120_000,
  }, async () => {
    await putNotes(database, "ada", account());
    await putNotes(database, "bob", account("xqkept"));
    await threeJobs();
    const others = await traces("xqkept");
    await deleteNotes(database, "ada", ids, "remove");
    const { code, stderr } = await cli("forget", ...ids, "--user", "ada");
    expect(code, stderr).toBe(0);
    say("notes, forgotten by command:");
    expect(await traces()).toEqual([]);
    expect(await shown("ada")).toEqual([]);
    expect(filesWith(files(), WORD)).toEqual([]);
    expect(await traces("xqkept"), "another user's").toEqual(others);
  });

  test("and the next night goes on with the others: their topics keep their ids and get names", async () => {
    await putNotes(database, "ada", account());
    await threeJobs();
    const living = () =>
      database.query<{ id: string; name: string }>(
        "select id, name from noctuary.cluster where retired_at is null order by id",
      );
    const before = new Set((await living()).map(({ id }) => id));
    await deleteNotes(database, "ada", [ids[0]!], "remove");
    await cli("forget", ids[0]!, "--user", "ada");
    expect((await night.run({}, "2026-11-02T07:00:00Z")).status).toBe("done");
    const after = await living();
    expect(after.filter(({ id }) => !before.has(id))).toEqual([]);
    expect(after.filter(({ name }) => name === "")).toEqual([]);
  });

  test("by a row that the app writes, are gone with the next night", async () => {
    await putNotes(database, "ada", account());
    await threeJobs(FRIDAY);
    await deleteNotes(database, "ada", ids, "remove");
    await database.query("insert into noctuary.forget (user_id, note_id) select 'ada', unnest($1::text[])", [
      ids,
    ]);
    await night.run({}, "2026-10-31T07:00:00Z");
    say("notes, forgotten by a row, after the next night:");
    expect(await traces()).toEqual([]);
    expect(filesWith(files(), WORD)).toEqual([]);
  });

  test("that are still there are said to be: the next night would read them again", async () => {
    await putNotes(database, "ada", account());
    await threeJobs();
    const { code, stderr } = await cli("forget", ids[0]!);
    expect(code).toBe(3);
    expect(stderr).toContain("still there, so the next night reads it again");
  });
});

/** Ids stay where a run was asked about them; so the word stands in no id here. */
describe("notes that are taken away without a word to Noctuary", () => {
  const gone = telling(WORD, "gone-");
  const ids = gone.map(({ id }) => id);

  test.each<[string, () => Promise<void>]>([
    [
      "excluded",
      () =>
        putNotes(
          database,
          "ada",
          gone.map((note) => ({ ...note, aiExcluded: true })),
        ),
    ],
    ["marked as deleted", () => deleteNotes(database, "ada", ids)],
    ["removed", () => deleteNotes(database, "ada", ids, "remove")],
  ])("%s: with the next nights nothing derived is left", async (how, takeAway) => {
    await putNotes(database, "ada", [...account().filter(({ id }) => !id.startsWith(WORD)), ...gone]);
    await threeJobs(FRIDAY);
    expect(await traces()).toEqual(expect.arrayContaining(["cluster.name", "insight_section.sentences"]));
    await takeAway();
    await threeJobs("2026-10-31");
    say(`notes, ${how}, after the next nights, but for the notes themselves:`);
    expect((await traces()).filter((column) => !column.startsWith("own_note."))).toEqual([]);
    expect(filesWith(files(), WORD)).toEqual([]);
  });
});

/** They are shown for its title, and so they stand where titles do. */
describe("the first words of a note without a title", () => {
  const [long] = themedNotes(1, { from: 300 });
  const text = `${long!.body}\n\n${"the crumb was open and the crust dark ".repeat(20)}`;
  const untitled = (id: string, first: string, days: number): TestNote => ({
    id,
    title: "",
    body: `${first}\n\n${text}`,
    createdAt: at(days),
    updatedAt: at(days),
  });
  const once = untitled("once", `${WORD} begins the day`, 4);
  const again = untitled("again", "told once more", 3);

  test.each<[string, () => Promise<void>]>([
    ["excluded", () => putNotes(database, "ada", [{ ...once, aiExcluded: true }])],
    ["marked as deleted", () => deleteNotes(database, "ada", [once.id])],
    ["removed", () => deleteNotes(database, "ada", [once.id], "remove")],
    [
      "forgotten",
      async () => {
        await deleteNotes(database, "ada", [once.id]);
        await database.query("insert into noctuary.forget (user_id, note_id) values ('ada', $1)", [once.id]);
      },
    ],
  ])("that was %s are gone with the next night from stacks, sentences and facts", async (how, takeAway) => {
    await putNotes(database, "ada", [...account("rye"), once, again]);
    await threeJobs(FRIDAY);
    expect(await traces()).toEqual([
      ...["insight.facts", "insight_section.sentences", "own_note.body"],
      ...["smart_stack.title", "smart_stack_note.remark"],
    ]);
    await takeAway();
    expect((await night.run({}, "2026-10-31T07:00:00Z")).status).toBe("done");
    say(`first words, ${how}, after the next night, but for the note itself:`);
    expect((await traces()).filter((column) => !column.startsWith("own_note."))).toEqual([]);
  });
});

describe("a user who is forgotten", () => {
  test.each(["command", "row"])(
    "by %s: nothing of them is left but the audit, and what was spent stays true",
    async (how) => {
      await putNotes(database, WORD, account());
      await putNotes(database, "bob", account("xqkept"));
      await threeJobs(FRIDAY);
      await database.query(
        `insert into noctuary.usage (user_id, day, model, tokens, cost_usd) values ($1, $2, 'm', 7, 0.5)`,
        [WORD, FRIDAY],
      );
      const others = await traces("xqkept");
      if (how === "command") {
        expect((await cli("forget", "--user", WORD)).code).toBe(0);
      } else {
        await database.query("delete from noctuary.own_note where user_id = $1", [WORD]);
        await database.query("insert into noctuary.forget (user_id) values ($1)", [WORD]);
        await night.run({}, "2026-10-31T07:00:00Z");
      }
      say(`a user, forgotten by ${how}, but for the audit:`);
      expect(await traces()).toEqual([]);
      expect(await traces("xqkept")).toEqual(others);
      await endRetention();
      say("  and after the retention, with the audit:");
      expect(await columnsWith(database, WORD)).toEqual([]);
      const spent = await database.query(
        "select user_id, tokens, cost_usd from noctuary.usage where model = 'm'",
      );
      expect(spent).toEqual([{ user_id: "", tokens: "7", cost_usd: 0.5 }]);
    },
  );

  test("and not whole, as the database broke down over it, is forgotten the next time", async () => {
    await putNotes(database, WORD, account());
    await night.run({}, `${FRIDAY}T07:00:00Z`);
    await database.query(
      `insert into noctuary.usage (user_id, day, model, tokens, cost_usd) values ($1, $2, 'm', 7, 0.5)`,
      [WORD, FRIDAY],
    );
    await database.query("delete from noctuary.own_note where user_id = $1", [WORD]);
    await database.query("insert into noctuary.forget (user_id) values ($1)", [WORD]);
    const forget = () =>
      carryOutForgets(night.context, { actor: "plan", at: new Date(`${SUNDAY}T07:00:00Z`) });

    await database.query(`create function noctuary.break_down() returns trigger language plpgsql as
      $$ begin raise exception 'broken down'; end $$`);
    await database.query(
      "create trigger break_down before delete on noctuary.usage execute function noctuary.break_down()",
    );
    try {
      await expect(forget()).rejects.toThrow();
    } finally {
      await database.query("drop function noctuary.break_down() cascade");
    }
    expect(await forget()).toEqual({ users: 1, notes: 0 });
    expect(await traces()).toEqual([]);
  });
});
