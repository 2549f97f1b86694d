/**
 * How well the topics agree with how people filed the same notes.
 *
 *   npm run bench:quality -- FILE.jsonl [--json]
 *
 * Folder, label and tags are set aside before anything is embedded; they are only what the result is scored
 * against (labels of at least 5 notes).
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { partitionNotes } from "@noctuary/core/clustering/partition";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { type Agreement, agreement } from "./metrics.ts";

const SMALLEST_LABEL = 5;
const USAGE = "usage: npm run bench:quality -- FILE.jsonl [--json]";

/** A note as the embedder may see it, and the label that it may not. */
export interface LabelledNote {
  input: string;
  label: string | undefined;
}

export interface QualityReport {
  file: string;
  notes: number;
  /** Notes whose label has at least 5 of them: only they are scored. */
  scored: number;
  labels: number;
  embedder: string;
  /** Null when no label has at least 5 notes. */
  agreement: Agreement | null;
  /** The share of notes in a topic. */
  coverage: number;
  loose: number;
  topics: number;
  areas: number;
  seconds: { embedding: number; clustering: number };
}

class UsageError extends Error {}
class InputError extends Error {}

/**
 * Reads `{title, body, folder}` or `{text, label}` a line. What is embedded is built from title and body, or
 * text, alone. Throws an InputError that names the line.
 */
export function parseNotes(jsonl: string): LabelledNote[] {
  const notes: LabelledNote[] = [];
  for (const [index, line] of jsonl.split("\n").entries()) {
    if (line.trim() === "") continue;
    const record = parseLine(line, index + 1);
    const { title, body, text, folder, label } = record;
    if (typeof body !== "string" && typeof text !== "string") {
      throw new InputError(`line ${index + 1} has neither "body" nor "text": one note a line is expected`);
    }
    const input = typeof text === "string" ? text : `${typeof title === "string" ? title : ""}\n\n${body}`;
    const filedUnder = label ?? folder;
    notes.push({
      input,
      label: typeof filedUnder === "string" && filedUnder !== "" ? filedUnder : undefined,
    });
  }
  if (notes.length === 0) throw new InputError("the file holds no notes: one JSON object a line is expected");
  return notes;
}

function parseLine(line: string, number: number): Record<string, unknown> {
  try {
    const record: unknown = JSON.parse(line);
    if (typeof record === "object" && record !== null) return record as Record<string, unknown>;
  } catch {
    // Reported below like any other line that is no object; JSON's message would repeat the note's text.
  }
  throw new InputError(`line ${number} is not a JSON object: is the file still compressed? (zcat it first)`);
}

export async function measureQuality(file: string, notes: readonly LabelledNote[]): Promise<QualityReport> {
  const embedder = lexicalEmbedder();
  const started = performance.now();
  const inputs = notes.map((note) => note.input);
  const { vectors } = await embedder.embed(inputs, { signal: AbortSignal.timeout(600_000) });
  const embedded = performance.now();
  const partition = partitionNotes({ vectors, count: notes.length, dimensions: embedder.dimensions });
  const clustered = performance.now();

  const notesOfLabel = new Map<string, number>();
  for (const { label } of notes) {
    if (label !== undefined) notesOfLabel.set(label, (notesOfLabel.get(label) ?? 0) + 1);
  }
  const scored = [...notes.keys()].filter(
    (note) => (notesOfLabel.get(notes[note]!.label ?? "") ?? 0) >= SMALLEST_LABEL,
  );
  const labels = scored.map((note) => notes[note]!.label);
  const topics = scored.map((note) => partition.topic[note]!);
  const placed = partition.topic.filter((topic) => topic >= 0).length;
  const loose = partition.loose.reduce((sum, flag) => sum + flag, 0);
  return {
    file,
    notes: notes.length,
    scored: scored.length,
    labels: new Set(labels).size,
    embedder: `${embedder.model}, ${embedder.dimensions} dimensions`,
    agreement: scored.length === 0 ? null : agreement(labels, topics),
    coverage: placed / notes.length,
    loose: loose / notes.length,
    topics: partition.topics,
    areas: partition.areas,
    seconds: { embedding: (embedded - started) / 1000, clustering: (clustered - embedded) / 1000 },
  };
}

export function formatReport(report: QualityReport): string {
  const { agreement: score, seconds } = report;
  const share = (value: number) => `${(value * 100).toFixed(1)} %`;
  const rows: [string, string][] = [
    ["file", report.file],
    ["notes", `${report.notes}, ${report.scored} of them scored against ${report.labels} labels`],
    ["embedder", report.embedder],
    ["V", score ? score.v.toFixed(3) : `no label has ${SMALLEST_LABEL} notes: nothing to score against`],
    ...(score
      ? ([
          ["AMI", score.ami.toFixed(3)],
          ["ARI", score.ari.toFixed(3)],
          ["mean of the three", ((score.v + score.ami + score.ari) / 3).toFixed(3)],
        ] satisfies [string, string][])
      : []),
    ["coverage", `${share(report.coverage)} of notes in a topic, ${share(report.loose)} loosely`],
    ["topics", `${report.topics} in ${report.areas} areas`],
    ["seconds", `${seconds.embedding.toFixed(2)} embedding, ${seconds.clustering.toFixed(2)} clustering`],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join("\n");
}

async function main(): Promise<void> {
  const { file, json } = readArguments();
  const report = await measureQuality(file, parseNotes(readNotes(file)));
  console.log(json ? JSON.stringify(report, null, 2) : formatReport(report));
}

function readArguments(): { file: string; json: boolean } {
  try {
    const { values, positionals } = parseArgs({
      options: { json: { type: "boolean" } },
      allowPositionals: true,
    });
    if (positionals.length === 1) return { file: positionals[0]!, json: values.json ?? false };
  } catch {
    // An unknown option: the usage says which there are.
  }
  throw new UsageError(USAGE);
}

function readNotes(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InputError(`cannot read ${file}: give the path of a .jsonl file, one note a line`, { cause });
  }
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
