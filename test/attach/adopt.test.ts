import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { describe, expect, onTestFinished, test } from "vitest";
import { noctuary, temporaryFolder } from "../cli/noctuary.ts";
import { countingEmbedder } from "../support/embedders.ts";
import { openNight } from "../support/night.ts";
import { themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const DIMENSIONS = 64;
const { model } = lexicalEmbedder(DIMENSIONS);

/** Notes 0 to 7 of Ada, with a vector each but for number 5; number 6 has changed since its vector was made. */
async function appWithVectors(type: string) {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  await database.query(`create table public.notes (id int primary key, user_id text not null, title text, body text,
    updated_at timestamptz not null default '2026-10-01', vec ${type}, vec_at timestamptz default '2026-10-02')`);
  const write = type.endsWith("[]") ? "translate($4, '[]', '{}')" : "$4";
  for (const [i, { title, body }] of themedNotes(8).entries()) {
    // Twice as long as unit length: an app may keep them as it likes.
    const vector = Array.from({ length: DIMENSIONS }, (_, d) => (d === i ? 2 : 0));
    await database.query(
      `insert into public.notes values ($1, 'ada', $2, $3, '2026-10-01', ${write}::${type})`,
      [i, title, body, JSON.stringify(vector)],
    );
  }
  await database.query("update public.notes set vec = null where id = 5");
  await database.query("update public.notes set updated_at = '2026-10-03' where id = 6");
  await attach(database, { relation: "public.notes" });
  const home = temporaryFolder();
  const cli = (...args: string[]) =>
    noctuary(["--home", home, ...args], {
      environment: { DATABASE_URL: database.url, NOCTUARY_DIMENSIONS: String(DIMENSIONS) },
    });
  const file = (query: string) => {
    const path = join(home, "query.sql");
    writeFileSync(path, query);
    return path;
  };
  return { database, cli, file };
}

const attach = ({ db }: TestDatabase, from: { relation: string } | { queryFile: string }) =>
  db.drizzle.transaction((tx) =>
    attachAppNotes(tx, { ...from, columns: {}, format: "plain", timeZone: "UTC" }),
  );

test.each(["vector", "real[]", "jsonb"])(
  "vectors in a column of %s are taken over: the night embeds only notes without, or with an earlier text's",
  { timeout: 60_000 },
  async (type) => {
    const { database, cli } = await appWithVectors(type);
    const adopted = await cli("adopt", "vec", "--model", model, "--made-column", "vec_at", "--json");
    expect(adopted.code, adopted.stderr).toBe(0);
    expect(adopted.json()).toMatchObject({ adopted: 6, missing: 1, stale: 1, unusable: 0 });
    const texts: string[] = [];
    const night = await openNight(database, {
      wrap: (context) => ({ ...context, embedder: countingEmbedder(context.embedder, texts) }),
    });
    expect(await night.run()).toMatchObject({ status: "done", totals: { live: 8, embedded: 2 } });
    expect(texts).toHaveLength(2);
    await night.close();
    const kept = await database.query(
      "select vector::text as vector from noctuary.note_embedding where note_id in ('0', '7') order by note_id",
    );
    expect(kept.map(({ vector }) => JSON.parse(vector as string).indexOf(1))).toEqual([0, 7]);
  },
);

test("vectors of another model are refused, and of other dimensions left", { timeout: 60_000 }, async () => {
  const { database, cli } = await appWithVectors("vector");
  const refused = await cli("adopt", "vec", "--model", "text-embedding-3-small");
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`the nights embed with ${model}`);
  await database.query("update public.notes set vec = '[1,2,3]' where id < 3");
  expect((await cli("adopt", "vec", "--model", model, "--json")).json()).toMatchObject({
    adopted: 4,
    unusable: 3,
  });
});

test("notes whose vectors are adopted after a night are grouped by the next one", {
  timeout: 60_000,
}, async () => {
  const { database, cli } = await appWithVectors("vector");
  await database.query("update public.notes set vec_at = updated_at, vec = coalesce(vec, '[1,2]')");
  const night = await openNight(database);
  await night.run();
  await database.query(
    `insert into public.notes select 8, 'ada', title, body, updated_at, $1::vector, updated_at from public.notes where id = 0`,
    [JSON.stringify(Array.from({ length: DIMENSIONS }, (_, d) => (d === 3 ? 1 : 0)))],
  );
  expect((await cli("adopt", "vec", "--model", model, "--json")).json()).toMatchObject({ adopted: 1 });
  expect(await night.run({}, "2026-11-03T07:00:00Z")).toMatchObject({ totals: { new: 0, unchanged: 9 } });
  await night.close();
  const grouped = "select count(*)::int as n from noctuary.cluster_membership where note_id = '8'";
  expect(await database.query(grouped)).toEqual([{ n: 1 }]);
});

describe("vectors that do not lie in an attached table", () => {
  const adopted = { adopted: 6, missing: 1, stale: 1, unusable: 0 };
  const made = ["vec", "--model", model, "--made-column", "vec_at"];

  test("are taken from the query that is attached", { timeout: 60_000 }, async () => {
    const { database, cli, file } = await appWithVectors("vector");
    await attach(database, {
      queryFile: file(
        "select 'n-' || id as id, user_id, title, body, updated_at, vec, vec_at from public.notes;",
      ),
    });
    const { code, stderr, json } = await cli("adopt", ...made, "--json");
    expect(code, stderr).toBe(0);
    expect(json()).toMatchObject(adopted);
  });

  test("are taken from a view that is attached", { timeout: 60_000 }, async () => {
    const { database, cli } = await appWithVectors("vector");
    await database.query("create view public.shown as select * from public.notes");
    await attach(database, { relation: "public.shown" });
    expect((await cli("adopt", ...made, "--json")).json()).toMatchObject(adopted);
  });

  test("are taken from another table by a query of its own", { timeout: 120_000 }, async () => {
    const { database, cli, file } = await appWithVectors("vector");
    await database.query(`create table public.vectors as select id as note_id, user_id, vec, vec_at from public.notes;
      alter table public.notes drop column vec, drop column vec_at`);
    const { code, stderr } = await cli("adopt", ...made);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/there is no column vec, only .*--query FILE/)]);
    const query = ["--query", file("select note_id as id, user_id, vec, vec_at from public.vectors")];
    expect((await cli("adopt", ...made, ...query, "--json")).json()).toMatchObject(adopted);
    const wrong = await cli("adopt", ...made, "--query", file("select note_id, vec from public.vectors"));
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("there is no column id, only note_id, vec"),
    ]);
    const broken = await cli("adopt", ...made, "--query", file("select nothing from nowhere"));
    expect([broken.code, broken.stderr]).toEqual([1, expect.stringContaining("a table that is not there")]);
  });
});
