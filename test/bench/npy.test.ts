import { expect, test } from "vitest";
import { parseNpy } from "../../bench/npy.ts";

/** As `numpy.save` writes it: the values begin at a multiple of 64 bytes. */
function npy(descr: string, shape: string, values: Uint8Array, version = 1, order = "False"): Buffer {
  const lengthBytes = version === 1 ? 2 : 4;
  const dict = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`;
  const padded = dict.padEnd(Math.ceil((8 + lengthBytes + dict.length + 1) / 64) * 64 - 9 - lengthBytes);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntLE(padded.length + 1, 0, lengthBytes);
  const head = Buffer.from(`\x93NUMPY${String.fromCharCode(version, 0)}`, "latin1");
  return Buffer.concat([head, length, Buffer.from(`${padded}\n`), values]);
}

const bytesOf = (values: ArrayBufferView) => new Uint8Array(values.buffer);
const rows = [0.5, -0.25, 1, 0, 2, -8];

test.each([
  ["<f2", bytesOf(Float16Array.from(rows)), 1],
  ["<f4", bytesOf(Float32Array.from(rows)), 2],
  ["<f8", bytesOf(Float64Array.from(rows)), 3],
])("vectors of %s are read in rows", (descr, values, version) => {
  expect(parseNpy(npy(descr, "(2, 3)", values, version))).toEqual({
    vectors: Float32Array.from(rows),
    count: 2,
    dimensions: 3,
  });
});

test("bytes that begin anywhere in their buffer are read all the same", () => {
  const file = npy("<f4", "(1, 2)", bytesOf(Float32Array.of(1, 2)));
  const shifted = Buffer.concat([Buffer.from([0]), file]).subarray(1);
  expect([...parseNpy(shifted).vectors]).toEqual([1, 2]);
});

const four = bytesOf(Float32Array.from(rows));
test.each([
  ["a compressed file", Buffer.from("\x1f\x8b hardly an array", "latin1"), "compressed"],
  ["integers", npy("<i4", "(2, 3)", four), "floats"],
  ["the other byte order", npy(">f4", "(2, 3)", four), "little-endian"],
  ["columns after one another", npy("<f4", "(2, 3)", four, 1, "True"), "C order"],
  ["one axis", npy("<f4", "(6,)", four), "two axes"],
  ["a file that was cut off", npy("<f4", "(2, 3)", four.subarray(0, 20)), "cut off"],
])("%s is refused with what is wanted", (_, bytes, message) => {
  expect(() => parseNpy(bytes)).toThrow(message);
});
