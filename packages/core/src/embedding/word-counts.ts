/** So many words are remembered at once; a new one takes the place of another. Twenty bytes each: near the processor. */
const SLOTS = 1 << 13;
const FIELDS = 5;
/** Two letters to a byte would be possible, and slower. */
const LONGEST = 16;

/**
 * Remembers the token counts of the words that a text is mostly made of: up to 16 units of ASCII, letters with perhaps
 * a blank or a sign before them. `PieceCounts` knows every piece, and waits for memory at most of them; this one knows
 * few, in one look (three times as fast on prose: npm run bench:throughput).
 */
export class WordCounts {
  readonly #slots = new Int32Array(SLOTS * FIELDS);
  /** The word that was looked at last: where it ends, or -1 where there was none. */
  end = -1;
  #slot = 0;
  #key0 = 0;
  #key1 = 0;
  #key2 = 0;
  #key3 = 0;

  /** The count of the word that begins at `start`; 0 where none does, or it is not known. Sets `end`. */
  at(units: Uint16Array, start: number): number {
    this.end = -1;
    let key0 = 0;
    let key1 = 0;
    let key2 = 0;
    let key3 = 0;
    let at = start;
    let unit = units[at]!;
    if (!isLetter(unit)) {
      // Whatever sign it is: only what the tokenizer has cut off just so is remembered.
      if (unit > 0x7e) return 0;
      key0 = unit;
      at++;
      unit = at < units.length ? units[at]! : 0;
      if (!isLetter(unit)) return 0;
    }
    for (let place = at - start; isLetter(unit); place++) {
      if (place < 4) key0 = (key0 << 8) | unit;
      else if (place < 8) key1 = (key1 << 8) | unit;
      else if (place < 12) key2 = (key2 << 8) | unit;
      else if (place < LONGEST) key3 = (key3 << 8) | unit;
      else return 0;
      at++;
      unit = at < units.length ? units[at]! : 0;
    }
    // What follows may be a letter too.
    if (unit > 0x7e) return 0;
    this.end = at;
    let hash = Math.imul(key0, 0x5bd1e995) ^ Math.imul(key1, 0x1b873593);
    hash ^= Math.imul(key2, 0x2545f491) ^ Math.imul(key3, 0x27d4eb2d);
    const slot = ((hash ^ (hash >>> 15)) & (SLOTS - 1)) * FIELDS;
    const slots = this.#slots;
    if (
      slots[slot] === key0 &&
      slots[slot + 1] === key1 &&
      slots[slot + 2] === key2 &&
      slots[slot + 3] === key3
    ) {
      return slots[slot + 4]!;
    }
    this.#slot = slot;
    this.#key0 = key0;
    this.#key1 = key1;
    this.#key2 = key2;
    this.#key3 = key3;
    return 0;
  }

  /** Remembers the count of the word that `at` has found and did not know. */
  remember(count: number): void {
    const slot = this.#slot;
    this.#slots[slot] = this.#key0;
    this.#slots[slot + 1] = this.#key1;
    this.#slots[slot + 2] = this.#key2;
    this.#slots[slot + 3] = this.#key3;
    this.#slots[slot + 4] = count;
  }
}

function isLetter(unit: number): boolean {
  return ((unit | 0x20) - 0x61) >>> 0 < 26 && unit < 0x80;
}
