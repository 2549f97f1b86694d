import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";

export interface SampleNote {
  id: string;
  title: string;
  body: string;
}

const notebook = fileURLToPath(new URL("../../packages/cli/sample-notebook", import.meta.url));
const SENTENCES_AT_LEAST = 3;
const SENTENCES_AT_MOST = 22;

/**
 * Notes of about 1,000 characters (250 tokens), put together from sentences of the sample notebook: no two alike, and
 * the same on every run.
 */
export function sampleNotes(count: number): SampleNote[] {
  const sentences = readdirSync(notebook, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .sort()
    .flatMap((name) => readFileSync(join(notebook, name), "utf8").split(/(?<=[.!?])\s+|\n{2,}/))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length > 40 && !sentence.startsWith("---"));
  const random = seededRandom(20_26);
  const pick = () => sentences[Math.floor(random() * sentences.length)]!;
  return Array.from({ length: count }, (_, i) => {
    const length = SENTENCES_AT_LEAST + Math.floor(random() * (SENTENCES_AT_MOST - SENTENCES_AT_LEAST + 1));
    return {
      id: `n${String(i).padStart(7, "0")}`,
      title: `${pick().slice(0, 40)} ${i}`,
      body: Array.from({ length }, pick).join(" "),
    };
  });
}

/** Notes of a file: one JSON object a line with `id`, `title` and `body`, as often as it takes to have `count`. */
export function notesOfFile(path: string, count: number): SampleNote[] {
  const notes = readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as SampleNote);
  return Array.from({ length: count }, (_, i) => {
    const { title, body } = notes[i % notes.length]!;
    const round = Math.floor(i / notes.length);
    return {
      id: `n${String(i).padStart(7, "0")}`,
      title: round === 0 ? title : `${title} (${round + 1})`,
      body,
    };
  });
}
