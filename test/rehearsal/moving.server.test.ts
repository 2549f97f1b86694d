import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { expect, onTestFinished, test } from "vitest";
import { commandEnvironment, commandLine, noctuary, temporaryFolder } from "../cli/noctuary.ts";
import { themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { OLD_QUERIES, OLD_TABLES, startOldSystem } from "./old-system.ts";

// docs/moving.md, step by step, with a stand-in for the older system. Each command is one that the page names.
const SECRET = "the-secret-of-the-old-cron-jobs";
const ADA = "00000000-0000-4000-8000-00000000000a";
const DIMENSIONS = 256;

test("moving from older cron jobs: beside them, in shadow, compared, switched over, back and over again", {
  timeout: 240_000,
}, async () => {
  const database = await openTestDatabase({ migrated: false });
  onTestFinished(() => database.close());
  const home = temporaryFolder();
  await database.query("create extension vector");
  await database.query(OLD_TABLES);
  await writeNotes(database, 48);
  const old = await startOldSystem(database.url, SECRET);
  onTestFinished(() => old.close());
  const environment = {
    DATABASE_URL: database.url,
    NOCTUARY_DIMENSIONS: String(DIMENSIONS),
    CRON_SECRET: SECRET,
  };
  const step = async (...args: string[]) => {
    const result = await noctuary(["--home", home, ...args], { environment });
    say(`$ noctuary ${args.join(" ")}`, result.stdout, result.stderr);
    return result;
  };
  const done = async (...args: string[]) => {
    const result = await step(...args);
    expect(result.code, result.stderr).toBe(0);
    return result.stdout;
  };
  const callCrons = async (url: string) => {
    for (const job of ["nightly-cluster", "nightly-stacks", "weekly-insights"]) {
      const { status } = await fetch(`${url}/api/cron/${job}`, {
        method: "POST",
        headers: { authorization: `Bearer ${SECRET}` },
      });
      expect(status, job).toBe(202);
    }
  };
  const queries = Object.entries(OLD_QUERIES).flatMap(([what, query]) => {
    const file = join(home, `${what}.sql`);
    writeFileSync(file, query);
    return [`--old-${what}`, file];
  });
  const appRows = () => database.query("select count(*)::int as n, max(updated_at) as at from app.notes");

  // 1. Install beside it.
  await callCrons(old.url);
  const before = await appRows();
  await done("migrate");
  expect(await done("attach", "app.notes", "--check")).toContain("48 notes of 1 user");
  await done("attach", "app.notes");
  expect(
    await done(
      "adopt",
      "embedding",
      "--model",
      lexicalEmbedder(DIMENSIONS).model,
      "--made-column",
      "embedded_at",
    ),
  ).toContain("48 vectors");

  // 2. Dry run.
  expect(await done("run", "nightly-cluster", "--dry-run", "--json")).toContain('"toEmbed": 0');

  // 3. In shadow: the old system goes on, and so does the app that reads it.
  for (const night of ["2026-11-02", "2026-11-03"]) {
    await done("run", "nightly-cluster", "--as-of", night);
    await done("run", "nightly-stacks", "--as-of", night);
    await callCrons(old.url);
    // 4. Compare, night by night.
    const compared = await step("compare", ...queries, "--gate", "0.3", "--nights", "2");
    expect(compared.code, compared.stdout).toBe(night === "2026-11-02" ? 1 : 0);
  }
  await done("run", "weekly-insights", "--as-of", "2026-11-08");
  expect((await step("compare", ...queries, "--gate", "1.0", "--nights", "1")).stdout).toContain(
    "Gate not passed",
  );
  expect(await appRows(), "the app's table is as it was").toEqual(before);

  // 5. Switch over: the cron URLs point here, with the same secret and paths.
  const ours = await serve(home, environment);
  await callCrons(ours.url);
  await expect.poll(() => unfinished(database), { timeout: 60_000, interval: 200 }).toBe(0);
  const [topic] = await database.query<{ id: string; name: string }>(
    "select id, name from noctuary.app_cluster where level = 'topic' and retired_at is null order by size desc, id limit 1",
  );
  await done("clusters", topic!.id, "rename", "What Ada calls it");

  // Back: the crons call the old system again. What Ada did meanwhile stays.
  const begun = performance.now();
  await ours.stop();
  await callCrons(old.url);
  await done("detach");
  say(`rolled back in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  await database.query(
    "update app.notes set content = content || ' and more', updated_at = now() where title like '%a%'",
  );
  await done("attach", "app.notes");

  // Over again, with the schedule, and from then on without the manual routes.
  const again = await serve(home, { ...environment, NOCTUARY_CRON_ROUTES_UNTIL: "2026-11-01" });
  const closed = await fetch(`${again.url}/api/cron/nightly-cluster`, {
    method: "POST",
    headers: { authorization: `Bearer ${SECRET}` },
  });
  expect([closed.status, ((await closed.json()) as { error: { code: string } }).error.code]).toEqual([
    410,
    "routes_closed",
  ]);
  await again.stop();
  await done("run", "nightly-cluster", "--as-of", "2026-11-10");
  const kept = await database.query("select name, named_by from noctuary.app_cluster where id = $1", [
    topic!.id,
  ]);
  expect(kept).toEqual([{ name: "What Ada calls it", named_by: "user" }]);
});

/** REHEARSAL=1 prints the transcript. */
function say(...lines: string[]): void {
  if (process.env.REHEARSAL === undefined) return;
  for (const line of lines) if (line.trim() !== "") process.stdout.write(`${line.trimEnd()}\n`);
}

async function writeNotes({ query }: TestDatabase, count: number): Promise<void> {
  const notes = themedNotes(count, { themes: 4 });
  const embedder = lexicalEmbedder(DIMENSIONS);
  const { vectors } = await embedder.embed(
    notes.map(({ title, body }) => `${title}\n\n${body}`),
    { signal: AbortSignal.timeout(60_000) },
  );
  for (const [i, { title, body }] of notes.entries()) {
    const vector = [...vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS)];
    await query(
      `insert into app.notes (user_id, title, content, created_at, updated_at, embedding, embedded_at)
       values ($1, $2, $3, '2026-10-01'::timestamptz + $4 * interval '12 hours', '2026-10-30', $5::vector, now())`,
      [ADA, title, body, i, JSON.stringify(vector)],
    );
  }
}

async function unfinished({ query }: TestDatabase): Promise<number> {
  return (
    await query<{ n: number }>("select count(*)::int as n from noctuary.run where status = 'running'")
  )[0]!.n;
}

async function serve(home: string, environment: Record<string, string>) {
  const server = spawn(
    process.execPath,
    [commandLine, "serve", "--home", home, "--port", "0", "--json", "--no-schedule"],
    {
      env: { ...commandEnvironment, ...environment },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  onTestFinished(() => void server.kill("SIGKILL"));
  let announced = "";
  for await (const line of createInterface(server.stdout)) {
    announced += line;
    if (line === "}") break;
  }
  say(
    `$ ${Object.entries(environment)
      .filter(([name]) => name.startsWith("NOCTUARY_CRON"))
      .map((pair) => pair.join("="))
      .join(" ")} noctuary serve --no-schedule`.replace("$  ", "$ "),
  );
  return {
    url: (JSON.parse(announced) as { url: string }).url,
    async stop() {
      server.kill("SIGTERM");
      await once(server, "exit");
    },
  };
}
