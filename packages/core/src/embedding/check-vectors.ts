import type { ProviderProblem } from "../provider/provider-errors.ts";

/** Squared length within this of 1 is unit length: a Float32Array cannot tell better. */
const UNIT_TOLERANCE = 1e-5;

/** What an answer's vectors turned out to be, row by row. */
export type Checked =
  /** Every vector has the right place and length; `wrong` are the rows that are no vectors, by ascending number. */
  | { readonly wrong: readonly number[]; readonly tokens: number | undefined }
  | { readonly problem: ProviderProblem; readonly dimensions?: number };

/**
 * Reads an answer of `POST /embeddings`, in whatever order it came, into `rows` (`count` x `dimensions`, row-major) and
 * brings each row to unit length. Vectors may be base64 of little-endian float32 or, from endpoints that do not know
 * `encoding_format`, arrays of numbers. What `rows` holds is of use only when there is no `problem`.
 */
export function readVectors(answer: unknown, rows: Float32Array, dimensions: number): Checked {
  const count = rows.length / dimensions;
  const data = (answer as { data?: unknown } | null | undefined)?.data;
  if (!Array.isArray(data)) return { problem: "provider_garbled_answer" };
  if (data.length !== count) return { problem: "provider_wrong_vector_count" };
  const order = orderOf(data);
  if (order === undefined) return { problem: "provider_wrong_order" };

  const wrong: number[] = [];
  for (const [i, item] of data.entries()) {
    const embedding: unknown = (item as { embedding?: unknown } | null)?.embedding;
    const length = lengthOf(embedding);
    if (length === undefined) return { problem: "provider_garbled_answer" };
    if (length !== dimensions) return { problem: "provider_wrong_dimensions", dimensions: length };
    const row = rows.subarray(order[i]! * dimensions, (order[i]! + 1) * dimensions);
    if (!fill(row, embedding as string | number[]) || !normalise(row)) wrong.push(order[i]!);
  }
  return { wrong: wrong.sort((a, b) => a - b), tokens: tokensOf(answer) };
}

/** The row of each item, from its `index`; where no item has one, their order. Undefined when that is no order. */
function orderOf(data: readonly unknown[]): number[] | undefined {
  const indexes = data.map((item) => (item as { index?: unknown } | null)?.index);
  if (indexes.every((index) => index === undefined)) return data.map((_, i) => i);
  const seen = new Set<unknown>(indexes);
  const isOrder = seen.size === data.length && indexes.every((index) => isRow(index, data.length));
  return isOrder ? (indexes as number[]) : undefined;
}

function isRow(index: unknown, count: number): index is number {
  return Number.isInteger(index) && (index as number) >= 0 && (index as number) < count;
}

function lengthOf(embedding: unknown): number | undefined {
  if (Array.isArray(embedding)) return embedding.length;
  if (typeof embedding !== "string") return undefined;
  const bytes = Buffer.byteLength(embedding, "base64");
  return bytes % Float32Array.BYTES_PER_ELEMENT === 0 ? bytes / Float32Array.BYTES_PER_ELEMENT : undefined;
}

/** False where characters are no base64, or items no numbers. */
function fill(row: Float32Array, embedding: string | number[]): boolean {
  if (typeof embedding === "string") {
    const bytes = Buffer.from(row.buffer, row.byteOffset, row.byteLength);
    return bytes.write(embedding, "base64") === bytes.length;
  }
  for (let d = 0; d < row.length; d++) {
    if (typeof embedding[d] !== "number") return false;
    row[d] = embedding[d]!;
  }
  return true;
}

/** Brings a row to unit length. False for zeros and for anything that is not finite. */
export function normalise(row: Float32Array): boolean {
  let squares = 0;
  for (let d = 0; d < row.length; d++) squares += row[d]! * row[d]!;
  if (!(squares > 0) || squares === Number.POSITIVE_INFINITY) return false;
  if (Math.abs(squares - 1) > UNIT_TOLERANCE) {
    const scale = 1 / Math.sqrt(squares);
    for (let d = 0; d < row.length; d++) row[d]! *= scale;
  }
  return true;
}

function tokensOf(answer: unknown): number | undefined {
  const usage = (answer as { usage?: { prompt_tokens?: unknown; total_tokens?: unknown } | null }).usage;
  const tokens = usage?.prompt_tokens ?? usage?.total_tokens;
  return Number.isSafeInteger(tokens) && (tokens as number) >= 0 ? (tokens as number) : undefined;
}
