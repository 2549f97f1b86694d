/** The longest piece that is remembered: longer ones rarely come back. */
const LONGEST = 32;
/** 3,000 real notes have 75,000 pieces of seven units. Beyond these limits, all is forgotten. */
const MOST = 100_000;
const MOST_UNITS = 1_000_000;
/** More than twice as many, so that the next free one is near. */
const SLOTS = 1 << 18;

/**
 * Remembers counts of short pieces of texts, found by where they stand: a Map would need a string of each piece, and
 * making it takes longer than finding it. Takes 5 MB, and holds no text alive.
 */
export class PieceCounts {
  readonly #units = new Uint16Array(MOST_UNITS);
  /** Where a slot's piece begins in `#units`, plus one; 0 in a free slot. */
  readonly #starts = new Int32Array(SLOTS);
  readonly #lengths = new Uint8Array(SLOTS);
  readonly #counts = new Int32Array(SLOTS);
  #pieces = 0;
  #used = 0;

  /** The count of the piece from `start` to `end`, asked of `count` when it is not known yet. */
  of(units: Uint16Array, start: number, end: number, count: (start: number, end: number) => number): number {
    const length = end - start;
    if (length > LONGEST) return count(start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ units[at]!, 0x5bd1e995);
    let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    for (; this.#starts[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
      if (this.#lengths[slot] === length && this.#isIn(slot, units, start)) return this.#counts[slot]!;
    }
    return this.#add(slot, units.subarray(start, end), count(start, end));
  }

  #isIn(slot: number, units: Uint16Array, start: number): boolean {
    const from = this.#starts[slot]! - 1;
    for (let i = this.#lengths[slot]! - 1; i >= 0; i--) {
      if (this.#units[from + i] !== units[start + i]) return false;
    }
    return true;
  }

  #add(slot: number, piece: Uint16Array, counted: number): number {
    if (this.#pieces === MOST || this.#used + piece.length > MOST_UNITS) {
      this.#starts.fill(0);
      this.#pieces = 0;
      this.#used = 0;
    }
    this.#units.set(piece, this.#used);
    this.#starts[slot] = this.#used + 1;
    this.#lengths[slot] = piece.length;
    this.#counts[slot] = counted;
    this.#used += piece.length;
    this.#pieces += 1;
    return counted;
  }
}
