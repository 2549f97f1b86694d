import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { localDateOf } from "@noctuary/core/local-date";
import { expect, onTestFinished, test } from "vitest";
import { OLD_QUERIES, OLD_TABLES, startOldSystem } from "../../bench/older-system.ts";
import { temporaryFolder } from "../cli/noctuary.ts";
import { themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { rehearse } from "./rehearsal.ts";
import { whatAdaDoes } from "./what-ada-does.ts";

// docs/moving.md, step by step, with a stand-in for the older system; from each step once back to the older system, and
// whatever a user did meanwhile is still there.
const SECRET = "the-secret-of-the-old-cron-jobs";
const ADA = "00000000-0000-4000-8000-00000000000a";
const DIMENSIONS = 256;
const DAY_MS = 86_400_000;

test("moving from older cron jobs: beside them, in shadow, compared, switched over; and back from each step", {
  timeout: 900_000,
}, async () => {
  const database = await openTestDatabase({ migrated: false });
  onTestFinished(() => database.close());
  const home = temporaryFolder();
  await database.query("create extension vector");
  await database.query(OLD_TABLES);
  await writeNotes(database, 48);
  const old = await startOldSystem(database.url, SECRET);
  onTestFinished(() => old.close());
  const { command, done, title, callCrons, serve, back, end } = rehearse(home, {
    DATABASE_URL: database.url,
    NOCTUARY_DIMENSIONS: String(DIMENSIONS),
    CRON_SECRET: SECRET,
  });
  const ada = whatAdaDoes(database, ADA);
  const queries = Object.entries(OLD_QUERIES).flatMap(([what, query]) => {
    const file = join(home, `${what}.sql`);
    writeFileSync(file, query);
    return [`--old-${what}`, file];
  });
  const accepted = [202, 202, 202];
  /** The older system works on, as it did before, and nothing that Ada did is lost. */
  const theOldSystemWorks = async () => {
    expect(await callCrons(old.url)).toEqual(accepted);
    const { query } = database;
    const [{ n }] = (await query("select count(*)::int as n from app.cluster_note")) as [{ n: number }];
    expect(await query("select count(*)::int as n from app.notes")).toEqual([{ n }]);
    await ada.findsAllOfIt();
  };
  const idle = () => expect.poll(() => unfinished(database), { timeout: 120_000, interval: 200 }).toBe(0);

  title("1. Install beside it, schedules off");
  await theOldSystemWorks();
  await done("migrate");
  expect(await done("attach", "app.notes", "--check")).toContain("48 notes of 1 user");
  const attached = await done("attach", "app.notes");
  const [index] = /create index concurrently noctuary_note .*(?=;)/.exec(attached)!;
  await database.query(index);
  expect(await done("attach", "app.notes", "--check")).toContain("Each user's notes are found by index.");
  const { model } = lexicalEmbedder(DIMENSIONS);
  const adopt = ["adopt", "embedding", "--model", model, "--made-column", "embedded_at"];
  expect(await done(...adopt)).toContain("48 vectors");
  await ada.writesNote("While it was installed");
  await back("1, installed beside it", () => done("detach"));
  await theOldSystemWorks();
  await back("1, installed, all of it", () => done("uninstall", "--yes"));
  await theOldSystemWorks();
  for (const again of [["migrate"], ["attach", "app.notes"], adopt]) await done(...again);

  title("2. Dry run");
  await done("run", "nightly-cluster", "--dry-run");
  await ada.writesNote("While it was counted");
  await back("2, counted", () => done("detach"));
  await theOldSystemWorks();
  await done("attach", "app.notes");

  title("3. In shadow, and 4. compared night by night");
  for (const night of ["2026-11-02", "2026-11-03"]) {
    old.itIs(night);
    await done("run", "nightly-cluster", "--as-of", night);
    await done("run", "nightly-stacks", "--as-of", night);
    await callCrons(old.url);
    const compared = await command("compare", ...queries, "--gate", "0.3", "--nights", "2");
    expect(compared.code, compared.stdout).toBe(night === "2026-11-02" ? 1 : 0);
    expect(compared.stdout).toMatch(
      new RegExp(`${night}  agreement .*theirs .* s, \\$0\\.06; ours .* s, \\$0\\.00`),
    );
  }
  old.itIs("2026-11-08");
  for (const job of ["nightly-cluster", "nightly-stacks", "weekly-insights"])
    await done("run", job, "--as-of", "2026-11-08");
  await callCrons(old.url);
  const sunday = await command("compare", ...queries, "--gate", "1.0", "--nights", "1");
  expect(sunday.stdout).toContain("Gate not passed");
  expect(sunday.stdout).toContain("only theirs: Newest");
  await ada.writesNote("While both worked");
  await back("3 and 4, in shadow and compared", () => done("detach"));
  await theOldSystemWorks();
  await done("attach", "app.notes");

  title("5. Switch over: the cron URLs point here, with the same secret and paths");
  let ours = await serve(["--no-schedule"]);
  expect(await callCrons(ours.url)).toEqual(accepted);
  await idle();
  const topics = await database.query<{ id: string }>(
    "select id from noctuary.app_cluster where level = 'topic' and retired_at is null order by size desc, id",
  );
  const [stack] = await database.query<{ id: string }>(
    "select id from noctuary.app_stack order by priority desc, id",
  );
  const [note] = await database.query<{ id: string }>(
    "select note_id as id from noctuary.app_cluster_note where cluster_id = $1 order by note_id limit 1",
    [topics[1]!.id],
  );
  await ada.renames(topics[0]!.id, "What Ada calls it");
  await ada.moves(note!.id, topics[0]!.id);
  await ada.dismisses(stack!.id);
  await ada.setsTimeZone("Europe/Berlin");
  await ada.writesNote("After the switch");
  await back("5, switched over", async () => {
    await ours.stop();
    await callCrons(old.url);
    await done("detach");
  });
  await theOldSystemWorks();
  await done("attach", "app.notes");

  title("5. Switched over, schedules on");
  const since = localDateOf(new Date(Date.now() - 2 * DAY_MS), "America/New_York");
  const jobs = `nightly-cluster=${since},nightly-stacks=${since}`;
  ours = await serve([], { NOCTUARY_ENABLED_JOBS: jobs });
  expect(ours.schedule).toHaveLength(3);
  const scheduled =
    "select distinct job from noctuary.run where trigger = 'schedule' and status = 'done' order by job";
  await expect
    .poll(() => database.query(scheduled), { timeout: 120_000, interval: 200 })
    .toEqual([{ job: "nightly-cluster" }, { job: "nightly-stacks" }]);
  await ada.writesNote("Under the schedule");
  await back("5, schedules on", async () => {
    await ours.stop();
    await callCrons(old.url);
    await done("detach");
  });
  await theOldSystemWorks();
  await done("attach", "app.notes");

  title("6. Without the manual routes, and without the secret");
  ours = await serve(["--no-schedule"], { NOCTUARY_CRON_ROUTES_UNTIL: "2999-01-01" });
  expect(await callCrons(ours.url), "until then they are open").toEqual(accepted);
  await idle();
  await ours.stop();
  ours = await serve([], { NOCTUARY_CRON_ROUTES_UNTIL: "2026-11-01", CRON_SECRET: undefined });
  expect(await callCrons(ours.url), "closed to everybody").toEqual([410, 410, 410]);
  await ada.writesNote("With the routes closed");
  await back("6, routes closed and secret gone", async () => {
    await ours.stop();
    ours = await serve(["--no-schedule"]);
    expect(await callCrons(ours.url)).toEqual(accepted);
  });
  await idle();
  await back("6, to the older system", async () => {
    await ours.stop();
    await callCrons(old.url);
    await done("detach");
  });
  await theOldSystemWorks();

  title("Over again: what Ada decided holds");
  await done("attach", "app.notes");
  await done("run", "nightly-cluster", "--as-of", "2026-11-10");
  await ada.findsAllOfIt();
  const { query } = database;
  expect(
    await query("select name, named_by from noctuary.app_cluster where id = $1", [topics[0]!.id]),
  ).toEqual([{ name: "What Ada calls it", named_by: "user" }]);
  expect(
    await query("select cluster_id from noctuary.app_cluster_note where note_id = $1", [note!.id]),
  ).toEqual([{ cluster_id: topics[0]!.id }]);
  expect(await query("select 1 from noctuary.app_stack where id = $1", [stack!.id]), "dismissed").toEqual([]);
  end();
});

async function writeNotes({ query }: TestDatabase, count: number): Promise<void> {
  const notes = themedNotes(count, { themes: 4 });
  const embedder = lexicalEmbedder(DIMENSIONS);
  const { vectors } = await embedder.embed(
    notes.map(({ title, body }) => `${title}\n\n${body}`),
    { signal: AbortSignal.timeout(60_000) },
  );
  for (const [i, { title, body }] of notes.entries()) {
    const vector = [...vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS)];
    const todo = i % 4 === 1 ? `\n\n- [ ] go on with ${title}\n` : "";
    await query(
      `insert into app.notes (user_id, title, content, created_at, updated_at, embedding, embedded_at)
       values ($1, $2, $3, '2026-10-13'::timestamptz + $4 * interval '12 hours', '2026-10-30', $5::vector, now())`,
      [ADA, title, `${body}${todo}`, i, JSON.stringify(vector)],
    );
  }
}

async function unfinished({ query }: TestDatabase): Promise<number> {
  return (
    await query<{ n: number }>("select count(*)::int as n from noctuary.run where status = 'running'")
  )[0]!.n;
}
