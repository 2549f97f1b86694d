import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { closePairs, dot } from "@noctuary/core/smart-stacks/close-pairs";
import { expect, test } from "vitest";

test.each([48, 512])(
  "close rows of %i dimensions are found, with their exact cosine, and no others",
  (dimensions) => {
    const random = seededRandom(7);
    const rows = 400;
    const vectors = new Float32Array(rows * dimensions);
    for (let row = 0; row < rows; row++) {
      // Every tenth row is a slightly shaken copy of the one before.
      const isCopy = row % 10 === 1;
      const from = (row - 1) * dimensions;
      const vector = Float32Array.from({ length: dimensions }, (_, i) =>
        isCopy ? vectors[from + i]! + (random() - 0.5) * (0.8 / Math.sqrt(dimensions)) : random() - 0.5,
      );
      const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
      vectors.set(
        vector.map((value) => value / length),
        row * dimensions,
      );
    }
    const found = closePairs(vectors, dimensions, { leastSimilarity: 0.9 });
    expect(found.map(({ a, b }) => [a, b])).toEqual(
      Array.from({ length: rows / 10 }, (_, i) => [i * 10, i * 10 + 1]),
    );
    for (const { a, b, similarity } of found) {
      expect(similarity).toBe(dot(vectors, a * dimensions, vectors, b * dimensions, dimensions));
    }
  },
);
