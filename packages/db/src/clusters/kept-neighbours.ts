import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import type { EmbeddingModel } from "../notes/note-changes.ts";

export interface KeptHeader extends EmbeddingModel {
  version: number;
  slots: number;
  checksum: number;
}

export interface KeptChunk {
  part: string;
  chunk: number;
  checksum: number;
  bytes: Uint8Array;
}

export async function keptHeader(tx: UserTransaction, userId: string): Promise<KeptHeader | undefined> {
  const { rows } = await tx.execute<KeptHeader & Record<string, unknown> & { checksum: string }>(sql`
    select model, dimensions, version, slots, checksum from kept_neighbours where user_id = ${userId}`);
  const row = rows[0];
  return row && { ...row, checksum: Number(row.checksum) };
}

/** Chunks read at once: some megabytes, which the driver holds as text for a moment. */
const CHUNKS_PER_READ = 64;

/** All chunks of one part, in order. */
export async function keptChunks(tx: UserTransaction, userId: string, part: string): Promise<KeptChunk[]> {
  const chunks: KeptChunk[] = [];
  for (let after = -1; ; after = chunks.at(-1)!.chunk) {
    const { rows } = await tx.execute<{ chunk: number; checksum: string; bytes: Buffer }>(sql`
      select chunk, checksum, bytes from kept_neighbours_chunk
      where user_id = ${userId} and part = ${part} and chunk > ${after} order by chunk limit ${CHUNKS_PER_READ}`);
    for (const row of rows) chunks.push({ ...row, part, checksum: Number(row.checksum) });
    if (rows.length < CHUNKS_PER_READ) return chunks;
  }
}

/** Chunks written at once. */
const CHUNKS_PER_WRITE = 32;

/** Writes these chunks and leaves the others as they are; with `all`, what is not among them goes. */
export async function saveKeptNeighbours(
  tx: UserTransaction,
  userId: string,
  header: KeptHeader,
  { chunks, all }: { chunks: KeptChunk[]; all: boolean },
): Promise<void> {
  if (all) await dropKeptNeighbours(tx, userId);
  await tx.execute(sql`
    insert into kept_neighbours (user_id, model, dimensions, version, slots, checksum)
    values (${userId}, ${header.model}, ${header.dimensions}::int, ${header.version}::int, ${header.slots}::int,
      ${header.checksum}::bigint)
    on conflict (user_id) do update set model = excluded.model, dimensions = excluded.dimensions,
      version = excluded.version, slots = excluded.slots, checksum = excluded.checksum`);
  for (let first = 0; first < chunks.length; first += CHUNKS_PER_WRITE) {
    const rows = chunks.slice(first, first + CHUNKS_PER_WRITE).map(
      ({ part, chunk, checksum, bytes }) =>
        // A Buffer travels in binary form.
        sql`(${userId}, ${part}, ${chunk}::int, ${checksum}::bigint, ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)}::bytea)`,
    );
    await tx.execute(sql`
      insert into kept_neighbours_chunk (user_id, part, chunk, checksum, bytes) values ${sql.join(rows, sql`, `)}
      on conflict (user_id, part, chunk) do update set checksum = excluded.checksum, bytes = excluded.bytes`);
  }
}

export async function dropKeptNeighbours(tx: UserTransaction, userId: string): Promise<void> {
  await tx.execute(sql`delete from kept_neighbours where user_id = ${userId}`);
  await tx.execute(sql`delete from kept_neighbours_chunk where user_id = ${userId}`);
}
