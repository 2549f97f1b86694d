/**
 * Churn of a night: the share of notes that moved to another topic although their text stayed as it was. The same for
 * one user and, from sums, for all; undefined where nobody's notes could have moved.
 */
export function churnOf({
  moved = 0,
  settled = 0,
}: {
  moved?: number;
  /** Notes with the text and a topic of the night before. */
  settled?: number;
}): number | undefined {
  return settled === 0 ? undefined : moved / settled;
}
