/**
 * What `noctuary compare` says of real notes, night by night: an older system that groups by k-means, makes a stack of the
 * newest notes and counts the week, beside ours, over the very same vectors (which ours adopts).
 *
 *   npm run bench:moving -- FILE.jsonl NIGHT...      nights as 2026-08-01; notes written later are not there yet
 *
 * NOCTUARY_TEST_DATABASE_URL names a server on which a database of its own is made and dropped.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import pg from "pg";
import { InputError } from "./collection.ts";
import { runBench, UsageError } from "./collection-arguments.ts";
import { OLD_QUERIES, OLD_TABLES, startOldSystem } from "./older-system.ts";

const USAGE = "usage: npm run bench:moving -- FILE.jsonl NIGHT...  (and NOCTUARY_TEST_DATABASE_URL)";
const USER = "00000000-0000-4000-8000-000000000001";
const SECRET = "the-secret-of-the-old-cron-jobs";
const JOBS = ["nightly-cluster", "nightly-stacks", "weekly-insights"];
const DIMENSIONS = 512;
const COMMAND_LINE = join(import.meta.dirname, "../packages/cli/bin/noctuary.mjs");

interface DatedNote {
  title: string;
  body: string;
  createdAt: string;
}

async function main(): Promise<void> {
  const [file, ...nights] = process.argv.slice(2);
  const server = process.env.NOCTUARY_TEST_DATABASE_URL;
  const areNights = nights.length > 0 && nights.every((night) => /^\d{4}-\d{2}-\d{2}$/.test(night));
  if (file === undefined || !areNights || server === undefined) throw new UsageError(USAGE);
  const notes = readNotes(file);
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  const name = `noctuary_bench_moving_${process.pid}`;
  await admin.query(`create database ${name}`);
  const home = mkdtempSync(join(tmpdir(), "noctuary-bench-"));
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const old = await startOldSystem(url, SECRET);
  try {
    await move({ home, url, notes, nights, old });
  } finally {
    await old.close();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
    rmSync(home, { recursive: true });
  }
}

async function move({
  home,
  url,
  notes,
  nights,
  old,
}: {
  home: string;
  url: string;
  notes: DatedNote[];
  nights: string[];
  old: Awaited<ReturnType<typeof startOldSystem>>;
}): Promise<void> {
  const app = new pg.Client({ connectionString: url });
  await app.connect();
  await app.query("create extension vector");
  await app.query(OLD_TABLES);
  const cli = (shows: boolean, ...args: string[]) => noctuary({ home, url, shows }, args);
  const queries = Object.entries(OLD_QUERIES).flatMap(([what, query]) => {
    writeFileSync(join(home, `${what}.sql`), query);
    return [`--old-${what}`, join(home, `${what}.sql`)];
  });
  await cli(false, "migrate");
  const { indexes } = JSON.parse(await cli(false, "attach", "app.notes", "--json")) as { indexes: string[] };
  for (const index of indexes) await app.query(index);
  let written = "";
  for (const night of nights) {
    await write(
      app,
      notes.filter(({ createdAt }) => createdAt > written && createdAt < night),
    );
    written = night;
    old.itIs(night);
    for (const job of JOBS) {
      const headers = { authorization: `Bearer ${SECRET}` };
      await fetch(`${old.url}/api/cron/${job}`, { method: "POST", headers });
    }
    const { model } = lexicalEmbedder(DIMENSIONS);
    await cli(false, "adopt", "embedding", "--model", model, "--made-column", "embedded_at");
    const isSunday = new Date(night).getUTCDay() === 0;
    for (const job of JOBS.slice(0, isSunday ? 3 : 2)) await cli(false, "run", job, "--as-of", night);
    await cli(night === nights.at(-1), "compare", ...queries);
  }
  await app.end();
}

async function write(app: pg.Client, notes: DatedNote[]): Promise<void> {
  const { vectors } = await lexicalEmbedder(DIMENSIONS).embed(
    notes.map(({ title, body }) => `${title}\n\n${body}`),
    { signal: AbortSignal.timeout(600_000) },
  );
  for (const [i, { title, body, createdAt }] of notes.entries()) {
    const vector = JSON.stringify([...vectors.subarray(i * DIMENSIONS, (i + 1) * DIMENSIONS)]);
    await app.query(
      `insert into app.notes (user_id, title, content, created_at, updated_at, embedding, embedded_at)
       values ($1, $2, $3, $4, $4, $5::vector, now())`,
      [USER, title, body, createdAt, vector],
    );
  }
}

/** Returns what it prints. */
async function noctuary(
  { home, url, shows }: { home: string; url: string; shows: boolean },
  args: string[],
): Promise<string> {
  const child = spawn(process.execPath, [COMMAND_LINE, "--home", home, ...args], {
    env: { ...process.env, DATABASE_URL: url, NOCTUARY_DIMENSIONS: String(DIMENSIONS), NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`noctuary ${args[0]} ended with ${code}`);
  if (shows) console.log(`$ noctuary ${args.join(" ").replaceAll(`${home}/`, "")}\n${printed}`);
  return printed;
}

function readNotes(file: string): DatedNote[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line, i) => {
      let note: Partial<DatedNote> & { created_at?: string } = {};
      try {
        note = JSON.parse(line);
      } catch {
        // said below, without the line
      }
      const createdAt = note.createdAt ?? note.created_at;
      if (typeof note.title !== "string" || typeof note.body !== "string" || createdAt === undefined)
        throw new InputError(
          `line ${i + 1} is no note with title, body and createdAt: is the file compressed?`,
        );
      return { title: note.title, body: note.body, createdAt };
    });
}

await runBench(main);
