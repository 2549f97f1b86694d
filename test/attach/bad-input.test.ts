import { type AttachRequest, attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { detachNotes } from "@noctuary/db/notes/attachment";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { themedNotes } from "../support/notes.ts";

// What apps have in their tables, through a whole night. What attach refuses or warns of is in attach.test.ts, what row
// security hides in row-security.server.test.ts, the rules for HTML and JSON in note-texts.test.ts.
const database = emptiedDatabase();
let night: Night | undefined;
beforeEach(() => database.query("drop schema if exists shop cascade; create schema shop"));
afterEach(async () => {
  await night?.close();
  night = undefined;
  await database.db.drizzle.transaction((tx) => detachNotes(tx));
});

const attach = (request: Partial<AttachRequest> = {}) =>
  database.db.drizzle.transaction((tx) =>
    attachAppNotes(tx, { relation: "shop.notes", columns: {}, format: "plain", timeZone: "UTC", ...request }),
  );

async function makeTable({ body = "text", id = "text primary key" } = {}): Promise<void> {
  await database.query(`create table shop.notes (id ${id}, user_id text not null, title text, body ${body},
    updated_at timestamptz not null default '2026-10-01')`);
}

const insert = (id: string, body: string, type = "text") =>
  database.query(`insert into shop.notes (id, user_id, title, body) values ($1, 'ada', $1, $2::${type})`, [
    id,
    body,
  ]);

async function fill(count = 12): Promise<void> {
  for (const { id, body } of themedNotes(count)) await insert(id, body);
}

const count = async (table: string) =>
  (await database.query<{ n: number }>(`select count(*)::int as n from noctuary.${table}`))[0]!.n;

/** docs/cli.md: a body is read up to here. An editor's JSON of this size: huge-json.server.test.ts. */
const MEGABYTES_50 = 50 * 1024 * 1024;
const paragraph = "flour water salt and time, folded four times before the oven is hot. ";

describe("bodies of fifty megabytes", () => {
  test.each<[string, AttachRequest["format"], string, string, RegExp]>([
    [
      "plain",
      "plain",
      "text",
      `repeat('${paragraph}', ${Math.ceil(MEGABYTES_50 / paragraph.length)})`,
      /^flour water/,
    ],
    [
      "HTML",
      "html",
      "text",
      `repeat('<p>${paragraph}</p>', ${Math.ceil(MEGABYTES_50 / (paragraph.length + 7))})`,
      /^flour water.*\n\nflour water/,
    ],
  ])(
    "%s: the night reads a million characters and groups the note like any other",
    { timeout: 120_000 },
    async (_, format, type, body, begins) => {
      await makeTable({ body: type });
      await fill();
      await database.query(
        `insert into shop.notes (id, user_id, title, body) values ('huge', 'ada', 'huge', ${body})`,
      );
      const report = await attach({ format });
      expect(report.cut).toBe(1);
      expect(report.warnings).toContainEqual(
        expect.stringContaining("1 bodies are longer than 1,000,000 characters"),
      );
      const [read] = await database.query<{ body: string }>(
        "select body from noctuary.note where id = 'huge'",
      );
      expect(read!.body.length).toBeLessThanOrEqual(1_000_000);
      expect(read!.body).toMatch(begins);
      night = await openNight(database);
      expect(await night.run()).toMatchObject({ status: "done", totals: { live: 13, embedded: 13 } });
    },
  );
});

describe("rich text", () => {
  const prose = (text: string) =>
    JSON.stringify({ type: "doc", content: [{ type: "paragraph", content: [{ type: "text", text }] }] });
  const lexical = (text: string) =>
    JSON.stringify({
      root: { type: "root", children: [{ type: "paragraph", children: [{ type: "text", text }] }] },
    });

  test.each<[string, "html" | "json", (text: string) => string, string]>([
    ["HTML", "html", (text) => `<h1>${text}</h1><p>${text}</p>`, "HTML: attach them with --format html"],
    ["ProseMirror's JSON", "json", prose, "an editor's JSON: attach them with --format json"],
    ["Lexical's JSON", "json", lexical, "an editor's JSON: attach them with --format json"],
  ])(
    "%s is seen by attach, and with its format no markup reaches a name",
    async (_, format, write, warning) => {
      await makeTable();
      for (const { id, body } of themedNotes(12)) await insert(id, write(body));
      expect((await attach()).warnings).toContainEqual(expect.stringContaining(warning));
      const { warnings, shown } = await attach({ format });
      expect(warnings.join()).not.toContain("--format");
      expect(shown.map(({ body }) => body).join()).not.toMatch(/<\/?(p|h1)>|[{]|type/);
      night = await openNight(database);
      expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 12 } });
      const named = await database.query("select name, keyphrases from noctuary.cluster");
      expect(JSON.stringify(named)).not.toMatch(/paragraph|<|content|children/);
    },
  );

  test("JSON that is none, and a mix of both, stays as the text that it is", async () => {
    await makeTable();
    await insert("a", '{"type":"doc"');
    await insert("b", "plain words");
    await insert("c", prose("from an editor"));
    await attach({ format: "json" });
    expect(await database.query("select id, body from noctuary.note order by id")).toEqual([
      { id: "a", body: '{"type":"doc"' },
      { id: "b", body: "plain words" },
      { id: "c", body: "from an editor" },
    ]);
  });
});

describe("a table's name", () => {
  test("in capitals is found without its quotes, and stands quoted in what is printed", async () => {
    await database.query(
      `create table shop."Note" (id text primary key, "userId" text not null, body text, "updatedAt" timestamptz not null)`,
    );
    const { from, indexes } = await attach({ relation: "shop.Note" });
    expect([from, indexes[0]]).toEqual(['shop."Note"', expect.stringContaining('on shop."Note" (')]);
  });

  test("that is none is refused with the names that there are", async () => {
    await makeTable();
    await expect(attach({ relation: "shop.nots" })).rejects.toThrow(
      "there is no table shop.nots: there is shop.notes",
    );
  });
});

describe("ids", () => {
  test("that differ in their own type and not as text are refused, with what to do", async () => {
    // Two rows of a query, whose ids a bigint and a text tell apart until they are cast.
    await database.query(`create table shop.page (id bigint primary key, user_id bigint, body text, updated_at timestamptz);
      create table shop.memo (id text primary key, user_id text, body text, updated_at timestamptz);
      insert into shop.page values (7, 1, 'p', now()); insert into shop.memo values ('7', '1', 'm', now());
      create view shop.notes as select id::text, user_id::text, body, updated_at from shop.page
        union all select id, user_id, body, updated_at from shop.memo`);
    await expect(attach()).rejects.toThrow(
      "1 notes share user and id with another: ids must be unique once they are text",
    );
    expect(await count("attachment")).toBe(0);
  });

  test("that collide only later stop the run with a sentence, and nothing is purged", async () => {
    await makeTable();
    await fill();
    await database.query(`create table shop.memo (id text, user_id text, title text, body text, updated_at timestamptz);
      create view shop.all_notes as select * from shop.notes union all select * from shop.memo`);
    await attach({ relation: "shop.all_notes" });
    night = await openNight(database);
    expect((await night.run()).status).toBe("done");
    await database.query(
      "insert into shop.memo select id, user_id, title, body || ' again', now() from shop.notes limit 1",
    );
    expect(await night.run({}, "2026-11-03T07:00:00Z")).toMatchObject({
      status: "failed",
      error: { code: "notes_doubled" },
    });
    expect(await count("note_embedding")).toBe(12);
    await database.query("delete from shop.memo");
    expect((await night.run({}, "2026-11-04T07:00:00Z")).status).toBe("done");
  });
});

test("a column without time zone moves no note: each is read in the zone that was said, and seen as unchanged the next night", async () => {
  await database.query(`create table shop.notes (id text primary key, user_id text not null, body text,
    created_at timestamp, updated_at timestamp not null)`);
  for (const { id, body } of themedNotes(12))
    await database.query(
      "insert into shop.notes values ($1, 'ada', $2, '2026-10-25 02:30', '2026-10-25 02:30')",
      [id, body],
    );
  const { warnings } = await attach({ timeZone: "Europe/Berlin" });
  expect(warnings).toContainEqual(
    expect.stringContaining("created_at, updated_at: without a time zone, read as Europe/Berlin"),
  );
  night = await openNight(database);
  expect(await night.run()).toMatchObject({ totals: { embedded: 12 } });
  expect(await night.run({}, "2026-11-03T07:00:00Z")).toMatchObject({
    totals: { unchanged: 12, changed: 0 },
  });
});

describe("in the middle of a night", () => {
  /** The plan is through, and nothing else has begun. */
  async function planned() {
    await makeTable();
    await fill();
    await attach();
    night = await openNight(database);
    expect((await night.run()).status).toBe("done");
    await database.query(
      "update shop.notes set body = body || ' more', updated_at = now() where id like '%1'",
    );
    const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-03T07:00:00Z", options: {} });
    return { night, runId };
  }
  const kept = async () => [await count("note_embedding"), await count("cluster_membership")];

  test("a migration of the app takes the view away: the run ends with the reason, and nothing is purged", async () => {
    const { night, runId } = await planned();
    const before = await kept();
    await database.query("alter table shop.notes drop column body cascade");
    const run = await night.finish(runId);
    expect(["failed", "partial"]).toContain(run.status);
    const errors = await database.query<{ code: string }>(
      "select distinct error->>'code' as code from noctuary.task where run_id = $1 and error is not null",
      [runId],
    );
    expect(errors).toEqual([{ code: "notes_unreadable" }]);
    expect(await kept()).toEqual(before);
    await database.query("alter table shop.notes add column body text; update shop.notes set body = title");
    await attach();
    expect((await night.run({}, "2026-11-04T07:00:00Z")).status).toBe("done");
  });

  test("a right is taken away and the role sees no row: nothing is purged", async () => {
    const { night, runId } = await planned();
    const before = await kept();
    await database.query(
      "alter table shop.notes rename to hidden; create view shop.notes as select * from shop.hidden where false",
    );
    await attach();
    await night.finish(runId);
    expect(await kept()).toEqual(before);
  });
});
