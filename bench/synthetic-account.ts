import { seededRandom } from "@noctuary/core/clustering/seeded-random";

const SHARED_DIRECTIONS = 32;
const BACKGROUND = 0.1;

/**
 * Unit vectors as embedders give them for an account's notes: about √n topics of very unequal sizes under a few
 * subjects, directions that all notes vary along, isotropic noise, and a tenth of the notes hardly in any topic.
 */
export function syntheticAccount(count: number, dimensions: number, seed = 1): Float32Array {
  const random = seededRandom(seed);
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const scale = 1 / Math.sqrt(dimensions);
  const direction = () => Float32Array.from({ length: dimensions }, () => gaussian() * scale);
  const topicCount = Math.max(4, Math.round(Math.sqrt(count)));
  const subjects = Array.from({ length: Math.max(2, Math.round(Math.sqrt(topicCount))) }, direction);
  const topics = Array.from({ length: topicCount }, (_, topic) => {
    const subject = subjects[topic % subjects.length]!;
    return direction().map((value, d) => 0.6 * subject[d]! + 0.8 * value);
  });
  const ends: number[] = [];
  for (const _ of topics) ends.push((ends.at(-1) ?? 0) + Math.exp(0.8 * gaussian()));
  const shared = Array.from({ length: SHARED_DIRECTIONS }, direction);

  const vectors = new Float32Array(count * dimensions);
  for (let note = 0; note < count; note++) {
    const drawn = random() * ends.at(-1)!;
    const topic = topics[ends.findIndex((end) => drawn <= end)]!;
    const isBackground = random() < BACKGROUND;
    const vector = vectors.subarray(note * dimensions, (note + 1) * dimensions);
    const [own, noise, common] = isBackground ? [0.3, 0.9, 0.14] : [1, 0.45, 0.1];
    for (let d = 0; d < dimensions; d++) vector[d] = own * topic[d]! + noise * scale * gaussian();
    for (const along of shared) {
      const by = common * gaussian();
      for (let d = 0; d < dimensions; d++) vector[d]! += by * along[d]!;
    }
    let squares = 0;
    for (const value of vector) squares += value * value;
    const length = Math.sqrt(squares);
    for (let d = 0; d < dimensions; d++) vector[d]! /= length;
  }
  return vectors;
}
