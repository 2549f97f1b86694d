import { readFileSync } from "node:fs";

/** Vectors of a file, row-major. */
export interface VectorFile {
  vectors: Float32Array;
  count: number;
  dimensions: number;
}

/** What cannot be read; the message names the file and says what is wanted. */
export class NpyError extends Error {}

const MAGIC = Buffer.from("\x93NUMPY", "latin1");
const TYPES = { f2: Float16Array, f4: Float32Array, f8: Float64Array } as const;

/**
 * Reads vectors that `numpy.save` wrote: two axes, little-endian floats of 2, 4 or 8 bytes, rows after one another.
 * The format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * @throws {NpyError}
 */
export function readNpy(file: string): VectorFile {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw new NpyError(`cannot read ${file}: give the path of an .npy file of vectors`, { cause });
  }
  try {
    return parseNpy(bytes);
  } catch (error) {
    throw error instanceof NpyError ? new NpyError(`${file}: ${error.message}`) : error;
  }
}

/** @throws {NpyError} */
export function parseNpy(bytes: Uint8Array): VectorFile {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.length < 12 || !view.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new NpyError("this is no .npy file: is it still compressed?");
  }
  // Version 1 has 2 bytes for the header's length, the later ones 4.
  const lengthBytes = view[6] === 1 ? 2 : 4;
  const dataAt = 8 + lengthBytes + view.readUIntLE(8, lengthBytes);
  const header = view.toString("latin1", 8 + lengthBytes, dataAt);
  const type = /'descr':\s*'<(f[248])'/.exec(header)?.[1] as keyof typeof TYPES | undefined;
  const shape = /'shape':\s*\(\s*(\d+),\s*(\d+),?\s*\)/.exec(header);
  if (type === undefined || shape === null || !/'fortran_order':\s*False/.test(header)) {
    throw new NpyError("little-endian floats with two axes in C order are wanted: np.ascontiguousarray(x)");
  }
  const [count, dimensions] = [Number(shape[1]), Number(shape[2])];
  const Values = TYPES[type];
  const wanted = count * dimensions * Values.BYTES_PER_ELEMENT;
  if (view.length - dataAt !== wanted) {
    throw new NpyError(`it holds ${view.length - dataAt} bytes of values and not ${wanted}: is it cut off?`);
  }
  // A copy, for a typed array must begin at a multiple of its element's size.
  const values = new Values(Uint8Array.from(view.subarray(dataAt)).buffer);
  return { vectors: Float32Array.from(values), count, dimensions };
}
