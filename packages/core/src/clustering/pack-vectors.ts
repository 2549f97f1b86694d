import { kernelMemory, kernelModule, startKernel } from "./kernel.ts";
import { emptyRows, type PackedRows, packedStride, packRows, type VectorRows } from "./packed-rows.ts";

/** Vectors in the kernel's memory at a time: 1.5 KB each at 512 dimensions. */
const BLOCK_ROWS = 256;
const LANE_BYTES = 16 * 8;

/** What packRows gives, to the bit; at once fast on a thread that has only begun. */
export function packVectors(input: VectorRows): PackedRows {
  const module = kernelModule();
  if (module === undefined) return packRows(input);
  const { vectors, count, dimensions } = input;
  const rows = emptyRows(count, dimensions);
  const stride = packedStride(dimensions);
  const { memory, addresses } = kernelMemory([
    BLOCK_ROWS * dimensions * 4,
    BLOCK_ROWS * stride * 2,
    BLOCK_ROWS * 8,
    BLOCK_ROWS * 8,
    LANE_BYTES,
  ]);
  const [from, codes, inverseLengths, keys, lanes] = addresses as [number, number, number, number, number];
  const kernel = startKernel(module, memory);
  const into = new Float32Array(memory.buffer, from, BLOCK_ROWS * dimensions);
  for (let first = 0; first < count; first += BLOCK_ROWS) {
    const block = Math.min(BLOCK_ROWS, count - first);
    into.set(vectors.subarray(first * dimensions, (first + block) * dimensions));
    kernel.pack(from, block, dimensions, codes, stride, inverseLengths, keys, lanes);
    rows.codes.set(new Int16Array(memory.buffer, codes, block * stride), first * stride);
    rows.inverseLengths.set(new Float64Array(memory.buffer, inverseLengths, block), first);
    rows.keys.set(new BigUint64Array(memory.buffer, keys, block), first);
  }
  return rows;
}
