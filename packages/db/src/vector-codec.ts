/**
 * Vectors in the binary form of pgvector, because formatting floats as text costs half of an insert:
 * a `vector` is int16 dimensions, int16 0, then float32 values, all big-endian; an array of them carries
 * PostgreSQL's array header.
 */

const ARRAY_HEADER_BYTES = 20;
const ELEMENT_HEADER_BYTES = 8;

/** Encodes `count` rows of a row-major matrix as one `vector[]` parameter. */
export function encodeVectorArray(vectors: Float32Array, dimensions: number, vectorOid: number): Buffer {
  const count = dimensions === 0 ? 0 : vectors.length / dimensions;
  const elementBytes = 4 + 4 * dimensions;
  const bytes = Buffer.allocUnsafe(ARRAY_HEADER_BYTES + count * (4 + elementBytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setInt32(0, 1); // one array dimension
  view.setInt32(4, 0); // no nulls
  view.setInt32(8, vectorOid);
  view.setInt32(12, count);
  view.setInt32(16, 1); // lower bound
  let offset = ARRAY_HEADER_BYTES;
  for (let row = 0; row < count; row++) {
    view.setInt32(offset, elementBytes);
    view.setInt16(offset + 4, dimensions);
    view.setInt16(offset + 6, 0);
    offset += ELEMENT_HEADER_BYTES;
    for (let i = row * dimensions, end = i + dimensions; i < end; i++, offset += 4) {
      view.setFloat32(offset, vectors[i]!);
    }
  }
  return bytes;
}

/** Writes what `vector_send` returned into row `row` of a row-major matrix. */
export function decodeVectorInto(matrix: Float32Array, row: number, dimensions: number, sent: Buffer): void {
  const view = new DataView(sent.buffer, sent.byteOffset, sent.byteLength);
  if (view.getInt16(0) !== dimensions)
    throw new RangeError("a stored vector has other dimensions than its row says");
  for (let i = 0; i < dimensions; i++) matrix[row * dimensions + i] = view.getFloat32(4 + 4 * i);
}
