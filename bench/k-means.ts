import { seededRandom } from "@noctuary/core/clustering/seeded-random";

/** Lloyd's algorithm on unit vectors, from k-means++ seeds: what many an older system groups notes with. */
export function kMeans(vectors: readonly (readonly number[])[], k: number, rounds = 20): number[] {
  const random = seededRandom(7);
  const centres = [vectors[Math.floor(random() * vectors.length)]!.slice()];
  const distance = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, d) => sum + (value - b[d]!) ** 2, 0);
  while (centres.length < Math.min(k, vectors.length)) {
    const nearest = vectors.map((vector) => Math.min(...centres.map((centre) => distance(vector, centre))));
    let left = random() * nearest.reduce((sum, value) => sum + value, 0);
    const next = nearest.findIndex((value) => {
      left -= value;
      return left <= 0;
    });
    centres.push(vectors[Math.max(0, next)]!.slice());
  }
  let labels: number[] = [];
  for (let round = 0; round < rounds; round++) {
    labels = vectors.map((vector) => {
      const all = centres.map((centre) => distance(vector, centre));
      return all.indexOf(Math.min(...all));
    });
    for (const [c, centre] of centres.entries()) {
      const members = vectors.filter((_, i) => labels[i] === c);
      if (members.length === 0) continue;
      for (let d = 0; d < centre.length; d++)
        centre[d] = members.reduce((sum, vector) => sum + vector[d]!, 0) / members.length;
    }
  }
  return labels;
}
