import { readFileSync } from "node:fs";
import { basename } from "node:path";
import type { VectorRows } from "@noctuary/core/clustering/packed-rows";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { agreement } from "./metrics.ts";
import { NpyError, readNpy } from "./npy.ts";

const SMALLEST_LABEL = 5;

/** A note as the embedder may see it, and the label that it may not. */
export interface LabelledNote {
  input: string;
  label: string | undefined;
}

/** Notes with vectors from one embedder. */
export interface Collection {
  name: string;
  embedder: string;
  notes: LabelledNote[];
  rows: VectorRows;
}

export class InputError extends Error {}

/**
 * Reads `{title, body, folder}` or `{text, label}` a line. What is embedded is built from title and body, or
 * text, alone. Throws an InputError that names the line.
 */
export function parseNotes(jsonl: string): LabelledNote[] {
  const notes: LabelledNote[] = [];
  for (const [index, line] of jsonl.split("\n").entries()) {
    if (line.trim() === "") continue;
    const { title, body, text, folder, label } = parseLine(line, index + 1);
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

/** Embeds notes by their words. */
export async function lexicalCollection(name: string, notes: LabelledNote[]): Promise<Collection> {
  const embedder = lexicalEmbedder();
  const inputs = notes.map((note) => note.input);
  const { vectors } = await embedder.embed(inputs, { signal: AbortSignal.timeout(600_000) });
  const rows = { vectors, count: notes.length, dimensions: embedder.dimensions };
  return { name, embedder: "lexical", notes, rows };
}

/** A file of notes with lexical vectors, and once more with those of each file of vectors given. */
export async function readCollections(file: string, vectorFiles: readonly string[]): Promise<Collection[]> {
  const notes = parseNotes(readText(file));
  const name = basename(file, ".jsonl");
  const collections = [await lexicalCollection(name, notes)];
  for (const vectorFile of vectorFiles) {
    const rows = readVectors(vectorFile);
    if (rows.count !== notes.length) {
      throw new InputError(`${vectorFile} has ${rows.count} rows, ${file} has ${notes.length} notes`);
    }
    collections.push({ name, embedder: `stored, ${rows.dimensions}`, notes, rows });
  }
  return collections;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new InputError(`cannot read ${file}: give the path of a .jsonl file, one note a line`, { cause });
  }
}

function readVectors(file: string): VectorRows {
  try {
    return readNpy(file);
  } catch (error) {
    if (error instanceof NpyError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}

export interface Score {
  /** Notes whose label has at least 5 of them: only they are scored. */
  scored: number;
  labels: number;
  v: number;
  ami: number;
  ari: number;
  mean: number;
}

/** How well topics agree with labels; null when no label has 5 notes. */
export function scoreOf(notes: readonly LabelledNote[], topic: ArrayLike<number>): Score | null {
  const notesOfLabel = new Map<string, number>();
  for (const { label } of notes) {
    if (label !== undefined) notesOfLabel.set(label, (notesOfLabel.get(label) ?? 0) + 1);
  }
  const scored = [...notes.keys()].filter(
    (note) => (notesOfLabel.get(notes[note]!.label ?? "") ?? 0) >= SMALLEST_LABEL,
  );
  if (scored.length === 0) return null;
  const labels = scored.map((note) => notes[note]!.label);
  const { v, ami, ari } = agreement(
    labels,
    scored.map((note) => topic[note]!),
  );
  return { scored: scored.length, labels: new Set(labels).size, v, ami, ari, mean: (v + ami + ari) / 3 };
}
