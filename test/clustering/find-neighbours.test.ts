import { readFile } from "node:fs/promises";
import { findNeighbours } from "@noctuary/core/clustering/find-neighbours";
import { kernelModule } from "@noctuary/core/clustering/kernel";
import { nearestNeighbours } from "@noctuary/core/clustering/nearest-neighbours";
import { packVectors } from "@noctuary/core/clustering/pack-vectors";
import { packRows, type VectorRows } from "@noctuary/core/clustering/packed-rows";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { compiledModule, kernels } from "../../packages/core/kernel/build.ts";
import { groupedVectors } from "./synthetic-vectors.ts";

// Many small searches, most of them on plain JavaScript, and threads to start.
vi.setConfig({ testTimeout: 60_000 });

test.each(kernels)("the committed $name is what its source compiles to", async (kernel) => {
  expect(await compiledModule(kernel)).toBe(await readFile(kernel.artefact, "utf8"));
});

test("this machine runs the kernel", () => {
  expect(kernelModule()).toBeDefined();
});

test("the kernel packs vectors as plain JavaScript does, to the bit", () => {
  const value = fc.oneof(
    { weight: 5, arbitrary: fc.float({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 5, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) },
    fc.constantFrom(0, -0, 1, 1e-45, 3.4e38, Number.NEGATIVE_INFINITY, Number.NaN),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 70 }),
      fc.array(value, { maxLength: 2_000 }),
      (dimensions, values) => {
        const count = Math.floor(values.length / dimensions);
        const vectors = Float32Array.from(values.slice(0, count * dimensions));
        expect(packVectors({ vectors, count, dimensions })).toEqual(packRows({ vectors, count, dimensions }));
      },
    ),
    { seed: 1 },
  );
});

async function expectSameAsTwin(input: VectorRows, k: number): Promise<void> {
  const rows = packRows(input);
  const expected = nearestNeighbours(rows, k);
  for (const threads of [1, 2, 3]) {
    for (const sketchFrom of [0, Number.POSITIVE_INFINITY]) {
      const { lists } = await findNeighbours(rows, k, { threads, sketchFrom });
      expect(lists).toEqual(expected);
    }
  }
}

describe("the kernel finds what plain JavaScript finds, to the bit, on any number of threads", () => {
  test.each([
    [1, 8, 3],
    [7, 5, 3],
    [65, 100, 15],
    [300, 384, 15],
    [90, 3_072, 8],
    [700, 24, 20],
  ])("%i rows of %i dimensions, %i neighbours", async (count, dimensions, k) => {
    const { vectors } = groupedVectors({ count, groups: 1 + (count >> 5), dimensions, spread: 1.2, seed: 4 });
    await expectSameAsTwin({ vectors, count, dimensions }, k);
  });

  test("copies, scaled copies, opposites, zeros, infinities, single large coordinates", async () => {
    const dimensions = 40;
    const oddValue = fc.oneof(
      { weight: 6, arbitrary: fc.float({ min: -1, max: 1, noNaN: true }) },
      fc.constantFrom(0, -0, 1, -1, 1e-30, 1e30, Number.POSITIVE_INFINITY, Number.NaN),
    );
    const vector = fc.array(oddValue, { minLength: dimensions, maxLength: dimensions });
    const scaled = fc.tuple(vector, fc.constantFrom(1, 1, -1, 3, 1e-3));
    await fc.assert(
      fc.asyncProperty(
        fc.array(scaled, { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 1, max: 60 }),
        async (kinds, count) => {
          const rows = Array.from({ length: count }, (_, i) => {
            const [values, scale] = kinds[(i * 7) % kinds.length]!;
            return values.map((value, d) => value * scale + (d === i % dimensions ? (i % 3) * 0.01 : 0));
          });
          const k = 6;
          const packed = packRows({ vectors: Float32Array.from(rows.flat()), count, dimensions });
          const expected = nearestNeighbours(packed, k);
          const sketched = await findNeighbours(packed, k, { threads: 1, sketchFrom: 0 });
          expect(sketched.lists).toEqual(expected);
          expect((await findNeighbours(packed, k, { threads: 1 })).lists).toEqual(expected);
        },
      ),
      { numRuns: 60, seed: 5 },
    );
  });

  test("vectors of few distinct values, whose rounding errors all point one way", async () => {
    const [count, dimensions] = [400, 256];
    const random = seededRandom(2);
    const vectors = new Float32Array(count * dimensions).map((_, i) => {
      if (i % dimensions === 0) return 1;
      return random() < 0.5 ? 0.5 / 63 : 1.5 / 63;
    });
    await expectSameAsTwin({ vectors, count, dimensions }, 15);
  });
});

test("misses hardly any neighbour that single-precision vectors have in double precision", async () => {
  const [count, dimensions, k] = [1_000, 512, 15];
  const { vectors } = groupedVectors({ count, groups: 20, dimensions, spread: 1, seed: 9 });
  const { lists } = await findNeighbours(packRows({ vectors, count, dimensions }), k, { threads: 1 });
  let found = 0;
  const asked = 200;
  for (let row = 0; row < asked; row++) {
    const cosines = Float64Array.from({ length: count }, (_, other) => {
      let dot = 0;
      for (let d = 0; d < dimensions; d++)
        dot += vectors[row * dimensions + d]! * vectors[other * dimensions + d]!;
      return other === row ? -1 : dot;
    });
    const exact = [...cosines.keys()].sort((a, b) => cosines[b]! - cosines[a]!).slice(0, k);
    const list = new Set(lists.neighbours.subarray(row * k, (row + 1) * k));
    found += exact.filter((other) => list.has(other)).length;
  }
  expect(found / (asked * k)).toBeGreaterThan(0.999);
});
