/** The longest piece that is remembered: longer ones rarely come back. */
const LONGEST = 32;
/** 3,000 real notes have 75,000 pieces of seven units. Beyond these limits, all is forgotten. */
const MOST = 100_000;
const MOST_UNITS = 1_000_000;
/** More than twice as many, so that the next free one is near. */
const SLOTS = 1 << 18;
/** Bits for where a piece begins; above them stands its length. */
const START_BITS = 20;
const START_MASK = (1 << START_BITS) - 1;

/**
 * Remembers counts of short pieces of texts, found by where they stand: a Map would need a string of each piece, and
 * making it takes longer than finding it. Takes 4 MB, and holds no text alive.
 */
export class PieceCounts {
  /** The units of all pieces, one behind the other. */
  readonly #units = new Uint16Array(MOST_UNITS);
  /** A slot's length and start in `#units`, then its count: side by side, as reading memory is what takes the time. */
  readonly #slots = new Int32Array(2 * SLOTS);
  #pieces = 0;
  #used = 0;

  /** The count of the piece from `start` to `end`, asked of `count` when it is not known yet. */
  of(units: Uint16Array, start: number, end: number, count: (start: number, end: number) => number): number {
    const length = end - start;
    if (length > LONGEST) return count(start, end);
    let hash = length;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ units[at]!, 0x5bd1e995);
    let slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    for (let known = this.#slots[2 * slot]!; known !== 0; known = this.#slots[2 * slot]!) {
      if (known >>> START_BITS === length && this.#isAt(known & START_MASK, units, start, length)) {
        return this.#slots[2 * slot + 1]!;
      }
      slot = (slot + 1) & (SLOTS - 1);
    }
    return this.#add(slot, units.subarray(start, end), count(start, end));
  }

  #isAt(from: number, units: Uint16Array, start: number, length: number): boolean {
    for (let i = 0; i < length; i++) {
      if (this.#units[from + i] !== units[start + i]) return false;
    }
    return true;
  }

  #add(slot: number, piece: Uint16Array, counted: number): number {
    if (this.#pieces === MOST || this.#used + piece.length > MOST_UNITS) {
      this.#slots.fill(0);
      this.#pieces = 0;
      this.#used = 0;
    }
    this.#units.set(piece, this.#used);
    this.#slots[2 * slot] = (piece.length << START_BITS) | this.#used;
    this.#slots[2 * slot + 1] = counted;
    this.#used += piece.length;
    this.#pieces += 1;
    return counted;
  }
}
