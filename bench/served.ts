/**
 * A real night with vectors that somebody else made: an OpenAI-compatible endpoint on this machine answers each note
 * with its stored vector, and `noctuary sync` and `noctuary run` go the whole way over HTTP, as processes of their own.
 * Then the same notes with the embedder lexical. Prints what the runs report, and how well the topics of each agree
 * with how people filed the notes.
 *
 *   npm run bench:served -- NOTES.jsonl[.gz] VECTORS.npy [--limit N] [--json]
 *
 * A vector stands for the note of the same line. Folder, label and tags are taken off before anything is synced;
 * labels of at least 5 notes are what the topics are scored against.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { startOpenAiServer } from "../test/support/openai-server.ts";
import { agreement } from "./metrics.ts";
import { readNpy } from "./npy.ts";

const USAGE = "usage: npm run bench:served -- NOTES.jsonl[.gz] VECTORS.npy [--limit N] [--json]";
const SMALLEST_LABEL = 5;
const MODEL = "served-vectors";
/** The word that an embedder asks for to see whether an endpoint works at all. */
const PROBE = "Noctuary";
const bin = fileURLToPath(new URL("../packages/cli/bin/noctuary.mjs", import.meta.url));
const run = promisify(execFile);

interface LabelledNote {
  id: string;
  title: string;
  body: string;
  createdAt: string;
  updatedAt: string;
  label: string | undefined;
}

interface Night {
  status: string;
  seconds: number;
  totals: Record<string, number>;
}

interface Result {
  embedder: string;
  first: Night;
  /** The night after, with nothing changed. */
  second: Night;
  topics: number;
  /** Share of the notes that are in a topic. */
  coverage: number;
  v: number;
  ami: number;
  ari: number;
}

const { values, positionals } = parseArgs({
  options: { limit: { type: "string" }, json: { type: "boolean" } },
  allowPositionals: true,
});
const [notesFile, vectorsFile] = positionals;
const limit = Number(values.limit ?? Number.POSITIVE_INFINITY);
if (notesFile === undefined || vectorsFile === undefined || !(limit >= 1)) {
  console.error(USAGE);
  process.exit(2);
}
const file = readNpy(vectorsFile);
const all = readNotes(notesFile);
if (all.length !== file.count) {
  console.error(
    `${notesFile} has ${all.length} notes and ${vectorsFile} ${file.count} vectors: they must be of each other`,
  );
  process.exit(2);
}
const notes = all.slice(0, limit);
const vectorOf = new Map(
  notes.map((note, row) => [
    normalised(`${note.title}\n\n${note.body}`),
    file.vectors.subarray(row * file.dimensions, (row + 1) * file.dimensions),
  ]),
);

const directory = mkdtempSync(join(tmpdir(), "noctuary-bench-"));
await using server = await startOpenAiServer({
  nativeDimensions: file.dimensions,
  vectorOf: (text) => vectorOf.get(normalised(text)),
  // A text that is no note's shows as a refused note, and not as one with some other vector.
  poison: (text) => text !== PROBE && !vectorOf.has(normalised(text)),
});
try {
  const path = join(directory, "notes.jsonl");
  writeFileSync(path, notes.map(({ label, ...note }) => JSON.stringify(note)).join("\n"));
  const served = await nights(
    "served",
    path,
    [`${MODEL}, ${file.dimensions} dimensions, over HTTP`, "openai"],
    {
      OPENAI_BASE_URL: server.url,
      NOCTUARY_EMBEDDING_MODEL: MODEL,
      NOCTUARY_DIMENSIONS: String(file.dimensions),
      // Each stored vector is of a whole note, so no note is split.
      NOCTUARY_MAX_INPUT_TOKENS: "1000000",
    },
  );
  const lexical = await nights("lexical", path, ["lexical, 512 dimensions", "lexical"], {});
  const report = {
    file: notesFile,
    notes: notes.length,
    requests: server.requests.length,
    results: [served, lexical],
  };
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else print(report);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Two nights over the notes in a home of their own. */
async function nights(
  home: string,
  path: string,
  [embedder, setting]: [string, string],
  environment: Record<string, string>,
): Promise<Result> {
  const noctuary = async <T>(...args: string[]) => {
    const { stdout } = await run(
      process.execPath,
      [bin, "--home", join(directory, home), "--json", ...args],
      {
        // Nothing of the caller's own settings.
        env: { PATH: process.env.PATH, ...environment },
        maxBuffer: 1 << 30,
      },
    );
    return JSON.parse(stdout) as T;
  };
  const night = async (asOf: string): Promise<Night> => {
    const startedAt = performance.now();
    const { status, totals } = await noctuary<Omit<Night, "seconds">>(
      ...["run", "nightly-cluster", "--embedder", setting, "--yes", "--as-of", asOf],
    );
    return { status, totals, seconds: (performance.now() - startedAt) / 1000 };
  };
  await noctuary("sync", path);
  const [first, second] = [await night("2026-11-01"), await night("2026-11-02")];
  const placed = await noctuary<{ path: string; clusterId: string | null }[]>("notes", "--limit", "1000000");
  const topicOf = new Map(placed.map(({ path: id, clusterId }) => [id, clusterId]));
  return { embedder, first, second, ...scored(topicOf) };
}

function scored(topicOf: Map<string, string | null>): Omit<Result, "embedder" | "first" | "second"> {
  const sizes = new Map<string, number>();
  for (const { label } of notes) if (label !== undefined) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const judged = notes.filter(({ label }) => label !== undefined && sizes.get(label)! >= SMALLEST_LABEL);
  const topics = notes.map(({ id }) => topicOf.get(id) ?? null);
  return {
    topics: new Set(topics.filter((topic) => topic !== null)).size,
    coverage: topics.filter((topic) => topic !== null).length / notes.length,
    ...agreement(
      judged.map(({ label }) => label),
      judged.map(({ id }) => topicOf.get(id) ?? null),
    ),
  };
}

function readNotes(path: string): LabelledNote[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const { id, title, body, createdAt, updatedAt, folder, label } = JSON.parse(line);
      return { id, title, body, createdAt, updatedAt, label: label ?? folder };
    });
}

/** The same note reads the same, whatever became of its white space on the way. */
function normalised(text: string): string {
  return text.normalize("NFC").replace(/\s+/g, " ").trim();
}

function print({ file, notes, results }: { file: string; notes: number; results: Result[] }): void {
  console.log(`${file}: ${notes} notes`);
  for (const { embedder, first, second, topics, coverage, v, ami, ari } of results) {
    const t = ({ totals }: Night, name: string) => (totals[name] ?? 0).toLocaleString("en");
    console.log(`\n${embedder}`);
    for (const [name, night] of [
      ["first night", first],
      ["unchanged night", second],
    ] as const) {
      console.log(
        `  ${name.padEnd(16)} ${night.status}: ${t(night, "live")} notes, ${t(night, "embedded")} embedded, ` +
          `${t(night, "failedNotes")} failed, ${t(night, "requests")} requests, ${t(night, "tokens")} tokens, ` +
          `${t(night, "moved")} moved, ${night.seconds.toFixed(1)} s with start and end of the process`,
      );
    }
    console.log(
      `  quality          V ${v.toFixed(3)}  AMI ${ami.toFixed(3)}  ARI ${ari.toFixed(3)}, ${topics} topics, ` +
        `${(coverage * 100).toFixed(1)} % of notes in one`,
    );
  }
}
