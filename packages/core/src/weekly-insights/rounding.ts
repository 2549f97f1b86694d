/**
 * The one rule by which a figure may be rounded, for the template that rounds and the verifier that checks it.
 *
 * A figure stands as it is. After "about", "around", "roughly" or "some" it may be the value rounded to two significant
 * digits; after "nearly", "almost" or "under" the same if that is more than the value; after "over" or "more than" if it
 * is less. A percentage is a whole number. Nothing else is a rounding.
 */
export function roundedToTwoDigits(value: number): number {
  if (value < 100) return Math.round(value);
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return Math.round(value / unit) * unit;
}

/** Whether `said` may stand for `value` under a word that says how exact it is. */
export function mayStandFor(
  said: number,
  value: number,
  exactness: "exact" | "about" | "below" | "above",
): boolean {
  switch (exactness) {
    case "exact":
      return said === value;
    case "about":
      return said === value || isRoundingOf(said, value);
    case "below": // "nearly 2,300": what is said is the more of the two
      return said > value && isRoundingOf(said, value);
    case "above": // "over 2,300"
      return said < value && isRoundingOf(said, value);
  }
}

/** Two significant digits, to the nearest or to the neighbour on the other side. */
function isRoundingOf(said: number, value: number): boolean {
  if (value < 100) return false;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1);
  return said % unit === 0 && Math.abs(said - value) < unit;
}
