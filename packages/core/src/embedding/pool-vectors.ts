/**
 * The vector of a text from the vectors of its parts: their mean, weighted by tokens, in unit length. Null when they
 * cancel out. (The method of OpenAI's cookbook, "Embedding texts that are longer than the model's context length".)
 */
export function poolVectors(parts: readonly { vector: Float32Array; tokens: number }[]): Float32Array | null {
  const sums = new Float64Array(parts[0]!.vector.length);
  for (const { vector, tokens } of parts) {
    for (let d = 0; d < sums.length; d++) sums[d]! += vector[d]! * tokens;
  }
  let squares = 0;
  for (const sum of sums) squares += sum * sum;
  const weight = parts.reduce((total, { tokens }) => total + tokens, 0);
  // Below this, what is left is rounding.
  if (!(squares > (weight * 1e-6) ** 2)) return null;
  const scale = 1 / Math.sqrt(squares);
  return Float32Array.from(sums, (sum) => sum * scale);
}
