import { endianness } from "node:os";

/**
 * Vectors in the binary form of pgvector, because formatting floats as text costs half of an insert:
 * a `vector` is int16 dimensions, int16 0, then float32 values, all big-endian; an array of them carries
 * PostgreSQL's array header.
 */

const ARRAY_HEADER_BYTES = 20;
const ELEMENT_HEADER_BYTES = 8;
const isLittleEndian = endianness() === "LE";

/**
 * Encodes rows of a row-major matrix as one `vector[]` parameter: all of them, or those that `rows` names, in its order
 * and as often as it names them.
 */
export function encodeVectorArray(
  vectors: Float32Array,
  dimensions: number,
  vectorOid: number,
  rows?: readonly number[],
): Buffer {
  const count = rows?.length ?? (dimensions === 0 ? 0 : vectors.length / dimensions);
  const valueBytes = 4 * dimensions;
  const bytes = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + count * (ELEMENT_HEADER_BYTES + valueBytes));
  bytes.writeInt32BE(1, 0); // one array dimension
  bytes.writeInt32BE(0, 4); // no nulls
  bytes.writeUInt32BE(vectorOid, 8);
  bytes.writeInt32BE(count, 12);
  bytes.writeInt32BE(1, 16); // lower bound
  const values = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength);
  let offset = ARRAY_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    bytes.writeInt32BE(4 + valueBytes, offset);
    bytes.writeInt16BE(dimensions, offset + 4);
    bytes.writeInt16BE(0, offset + 6);
    offset += ELEMENT_HEADER_BYTES;
    const from = (rows?.[i] ?? i) * valueBytes;
    values.copy(bytes, offset, from, from + valueBytes);
    if (isLittleEndian) bytes.subarray(offset, offset + valueBytes).swap32();
    offset += valueBytes;
  }
  return bytes;
}

/** Writes what `vector_send` returned into row `row` of a row-major matrix. */
export function decodeVectorInto(matrix: Float32Array, row: number, dimensions: number, sent: Buffer): void {
  if (sent.readInt16BE(0) !== dimensions)
    throw new RangeError("a stored vector has other dimensions than its row says");
  const values = Buffer.from(matrix.buffer, matrix.byteOffset + 4 * row * dimensions, 4 * dimensions);
  sent.copy(values, 0, 4, 4 + values.length);
  if (isLittleEndian) values.swap32();
}
