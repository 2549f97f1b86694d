/**
 * The bare pipeline: what a script can do that knows nothing of users, roles, retries after a death, or queues, and so
 * the measure of what all these cost. Reads the notes that have no vector of their text, packs requests by estimated
 * tokens, sends four at once, and writes each answer's bytes straight into a COPY BINARY.
 */
import { pipeline } from "node:stream/promises";
import pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import { cpuMsSince, serveParent } from "./child.ts";

export interface BareFigures {
  notes: number;
  requests: number;
  ms: number;
  maxRssMb: number;
  /** Of this process alone, from the start of the work: what a busy machine leaves comparable. */
  cpuMs: number;
}

interface Row {
  id: string;
  text: string;
  hash: Buffer;
}

/** As few as a user has notes, where there is to be a request a user. */
const MAX_INPUTS = Number(process.env.MAX_INPUTS ?? 2_048);
const MAX_TOKENS = 300_000;
const REQUESTS_IN_FLIGHT = 4;
const CHARACTERS_PER_TOKEN = 4;
const COPY_SIGNATURE = Buffer.concat([Buffer.from("PGCOPY\n\xff\r\n\0", "latin1"), Buffer.alloc(8)]);

const dimensions = Number(process.env.DIMENSIONS);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL!, max: REQUESTS_IN_FLIGHT });

serveParent(run);

async function run(): Promise<BareFigures> {
  await pool.query(`
    create schema if not exists bare;
    drop table if exists bare.note_embedding;
    create table bare.note_embedding (id text primary key, hash bytea not null, vector vector(${dimensions}) not null);
    alter table bare.note_embedding alter column vector set storage main`);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const { rows } = await pool.query<Row>(`
    select n.id, n.text, n.hash from (
      select id, text, sha256(convert_to(text, 'UTF8')) as hash
      from noctuary.note cross join lateral (select title || E'\\n\\n' || body as text) t) n
    left join bare.note_embedding e on e.id = n.id and e.hash = n.hash
    where e.id is null order by n.id`);
  const requests = pack(rows);
  let next = 0;
  const lane = async () => {
    while (next < requests.length) await embed(requests[next++]!);
  };
  await Promise.all(Array.from({ length: REQUESTS_IN_FLIGHT }, lane));
  return {
    notes: rows.length,
    requests: requests.length,
    ms: performance.now() - startedAt,
    cpuMs: cpuMsSince(cpuBefore),
    maxRssMb: Math.round(process.resourceUsage().maxRSS / 1024),
  };
}

function pack(rows: Row[]): Row[][] {
  const requests: Row[][] = [];
  let room = 0;
  for (const row of rows) {
    const tokens = Math.ceil(row.text.length / CHARACTERS_PER_TOKEN);
    if (requests.length === 0 || tokens > room || requests.at(-1)!.length === MAX_INPUTS) {
      requests.push([]);
      room = MAX_TOKENS;
    }
    requests.at(-1)!.push(row);
    room -= tokens;
  }
  return requests;
}

async function embed(rows: Row[]): Promise<void> {
  const response = await fetch(`${process.env.PROVIDER_URL}/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      model: "text-embedding-3-small",
      input: rows.map((row) => row.text),
      encoding_format: "base64",
      dimensions,
    }),
  });
  const { data } = (await response.json()) as { data: { embedding: string }[] };
  const connection = await pool.connect();
  try {
    const copy = connection.query(copyFrom("copy bare.note_embedding from stdin with (format binary)"));
    await pipeline([copyRows(rows, data)], copy);
  } finally {
    connection.release();
  }
}

/** The rows in the binary form of COPY: https://www.postgresql.org/docs/17/sql-copy.html */
function copyRows(rows: Row[], data: { embedding: string }[]): Buffer {
  const vectorBytes = 4 * dimensions;
  const fixed = 2 + 4 + (4 + 32) + (4 + 4 + vectorBytes);
  const size = rows.reduce((sum, row) => sum + fixed + Buffer.byteLength(row.id), COPY_SIGNATURE.length + 2);
  const bytes = Buffer.allocUnsafe(size);
  let at = COPY_SIGNATURE.copy(bytes);
  for (const [i, row] of rows.entries()) {
    at = bytes.writeInt16BE(3, at);
    const idBytes = bytes.write(row.id, at + 4);
    bytes.writeInt32BE(idBytes, at);
    at = bytes.writeInt32BE(32, at + 4 + idBytes);
    at += row.hash.copy(bytes, at);
    at = bytes.writeInt32BE(4 + vectorBytes, at);
    at = bytes.writeInt16BE(dimensions, at);
    at = bytes.writeInt16BE(0, at);
    if (bytes.write(data[i]!.embedding, at, "base64") !== vectorBytes)
      throw new Error("a vector of another length");
    bytes.subarray(at, at + vectorBytes).swap32(); // base64 is little-endian, COPY big-endian
    at += vectorBytes;
  }
  bytes.writeInt16BE(-1, at);
  return bytes;
}
