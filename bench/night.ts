/**
 * Whole nights as a person has them: `noctuary sync` and `noctuary run` as processes of their own, on an embedded home
 * that is made for it and removed. Prints the first night, with every note embedded, and an unchanged second one.
 *
 *   npm run bench:night -- [--notes 1000 | --file NOTES.jsonl] [--runs 3]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { median } from "@noctuary/core/weekly-insights/facts/median";

const { values } = parseArgs({
  options: {
    notes: { type: "string", default: "1000" },
    file: { type: "string" },
    runs: { type: "string", default: "3" },
  },
});
const bin = fileURLToPath(new URL("../packages/cli/bin/noctuary.mjs", import.meta.url));
const notebook = fileURLToPath(new URL("../packages/cli/sample-notebook", import.meta.url));
const directory = mkdtempSync(join(tmpdir(), "noctuary-bench-"));
try {
  const file = values.file ?? writeNotes(join(directory, "notes.jsonl"), Number(values.notes));
  const first: number[] = [];
  const second: number[] = [];
  for (let run = 0; run < Number(values.runs); run++) {
    const home = join(directory, `home-${run}`);
    const sync = timed(home, "sync", file);
    first.push(sync + timed(home, "run", "nightly-cluster", "--json"));
    second.push(timed(home, "run", "nightly-cluster", "--json"));
  }
  console.log(
    `first night, sync and everything embedded: ${median(first).toFixed(2)} s (${first.map(short).join(", ")})`,
  );
  console.log(`unchanged second night: ${median(second).toFixed(2)} s (${second.map(short).join(", ")})`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

/** Seconds of a whole process, start to end. */
function timed(home: string, ...args: string[]): number {
  const startedAt = performance.now();
  execFileSync(process.execPath, [bin, "--home", home, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  return (performance.now() - startedAt) / 1000;
}

/** Notes put together from paragraphs of one folder of the sample notebook each, the same every time. */
function writeNotes(path: string, count: number): string {
  const folders = readdirSync(notebook, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const paragraphs = folders.map(({ name }) => paragraphsOf(join(notebook, name)));
  const lines = Array.from({ length: count }, (_, i) => {
    const own = paragraphs[i % paragraphs.length]!;
    const pick = (step: number) => own[(i * 31 + step * 17) % own.length]!;
    const at = new Date(Date.UTC(2026, 0, 1) + i * 3_600_000).toISOString();
    const body = [0, 1, 2, 3, 4].map(pick).join("\n\n");
    return JSON.stringify({
      id: `n${i}`,
      title: pick(5).slice(0, 60),
      body,
      tags: [],
      createdAt: at,
      updatedAt: at,
    });
  });
  writeFileSync(path, `${lines.join("\n")}\n`);
  return path;
}

function paragraphsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .sort()
    .flatMap((name) => readFileSync(join(folder, name), "utf8").split(/\n{2,}/))
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph.length > 80 && !paragraph.startsWith("---"));
}

function short(figure: number): string {
  return figure.toFixed(2);
}
