/**
 * The walk over a text that takes most of the time of counting its tokens, in AssemblyScript: cuts pieces of ASCII as
 * src/embedding/cl100k-pieces.ts does, and adds up the counts of those that are remembered. `npm run kernel:build`
 * compiles it into ../src/embedding/piece-kernel-bytes.ts.
 *
 * Whatever else there is (characters beyond ASCII, long pieces, pieces not seen yet) is the caller's: the walk stops
 * there. It has no memory but its own: kinds of characters, what is remembered, and the text behind them.
 */

const LETTER: u8 = 1;
const OTHER: u8 = 0;
const DIGIT: u8 = 2;
const BLANK: u8 = 3;
const LINE_END: u8 = 4;
/** Beyond ASCII, and NUL, which keys are filled up with. */
const FOREIGN: u8 = 5;

const APOSTROPHE: u16 = 0x27;
const SPACE: u16 = 0x20;

/** So many pieces are remembered, each at one of two places; a new one takes the place of an old one. */
const SLOT_BITS: u32 = 16;
const SLOTS: u32 = 1 << SLOT_BITS;
/** Bytes of a slot: a piece that is remembered, filled up with zeros, and its count. */
const SLOT: usize = 16;
/** Units of a piece that may be remembered. */
const LONGEST: usize = SLOT - 1;

const KINDS: usize = 1_024; // u8[128]
const KNOWN: usize = 4_096; // u8[SLOTS][SLOT]
/** Where the caller puts a text as UTF-16, and 16 units of zeros behind it. */
export const TEXT: usize = KNOWN + <usize>SLOTS * SLOT;

/** The tokens of the pieces that `walk` went past. */
export let tokens: u32 = 0;
/** Where the piece ends at which it stopped, if it is one that may be remembered: `learn` is told its count. Or 0. */
export let stoppedEnd: usize = 0;
let stoppedKey: v128 = i32x4.splat(0);
let stoppedPlace: usize = 0;

/** To be called once, before anything else. */
export function prepare(): void {
  for (let unit: u32 = 0; unit < 128; unit++) store<u8>(KINDS + unit, kindOf(unit));
}

function kindOf(unit: u32): u8 {
  if (unit === 0) return FOREIGN;
  if (unit === 0x0a || unit === 0x0d) return LINE_END;
  if (unit === 0x20 || unit === 0x09 || unit === 0x0b || unit === 0x0c) return BLANK;
  if (unit - 0x30 < 10) return DIGIT;
  return (unit | 0x20) - 0x61 < 26 ? LETTER : OTHER;
}

/**
 * Goes from piece to piece, from unit `first` to at most unit `end` of the text, and adds to `tokens` what they count.
 * Returns the unit at which it stopped: `end`, or the beginning of a piece that it does not know.
 */
export function walk(first: usize, end: usize): usize {
  const last = TEXT + (end << 1);
  let at = TEXT + (first << 1);
  let sum: u32 = 0;
  stoppedEnd = 0;
  while (at < last) {
    const bytes = bytesAt(at);
    let units = unitsOfWord(at, bytes);
    if (units === 0) {
      const stop = endOfPiece(at, last);
      units = (stop - at) >> 1;
      if (stop === 0 || units > LONGEST) break;
    }
    const key = keyOf(bytes, units);
    const place = placeOf(key);
    let count = countAt(place, key);
    if (count === 0) {
      count = countAt(place ^ SLOT, key);
      if (count === 0) {
        stoppedEnd = ((at - TEXT) >> 1) + units;
        stoppedKey = key;
        stoppedPlace = place;
        break;
      }
    }
    sum += count;
    at += units << 1;
  }
  tokens += sum;
  return (at - TEXT) >> 1;
}

/** Remembers the count of the piece at which `walk` stopped. What was at its place moves to the other one. */
export function learn(count: u32): void {
  v128.store(stoppedPlace ^ SLOT, v128.load(stoppedPlace));
  v128.store(stoppedPlace, i8x16.replace_lane(stoppedKey, 15, <i8>count));
}

/** The count of the piece that is remembered at a place, if it is this one; else 0. */
@inline
function countAt(place: usize, key: v128): u32 {
  const known = v128.load(place);
  const same = i8x16.bitmask(i8x16.eq(known, key));
  return (same & 0x7fff) === 0x7fff ? i8x16.extract_lane_u(known, 15) : 0;
}

/** 16 units as bytes. What is beyond ASCII becomes 0, or 0x80 and above. */
@inline
function bytesAt(at: usize): v128 {
  return i8x16.narrow_i16x8_u(v128.load(at), v128.load(at, 16));
}

/**
 * The units of a word of letters, with or without a blank before it, told without a look at each of them: most pieces of
 * prose are such words. 0 for any other piece.
 */
@inline
function unitsOfWord(at: usize, bytes: v128): usize {
  const lowerCase = v128.or(bytes, i8x16.splat(0x20));
  const letters = i8x16.bitmask(i8x16.lt_u(i8x16.sub(lowerCase, i8x16.splat(0x61)), i8x16.splat(26)));
  const before = load<u16>(at) === SPACE ? 1 : 0;
  const word = ctz(~(letters >> before));
  const units = <usize>(word + before);
  return word === 0 || units > LONGEST || load<u16>(at + (units << 1)) >= 0x80 ? 0 : units;
}

/** Of these bytes the first ones, which are all ASCII, and zeros behind them. */
@inline
function keyOf(bytes: v128, units: usize): v128 {
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.and(bytes, i8x16.lt_u(places, i8x16.splat(<i8>units)));
}

/** The first of the two places where a piece may be remembered, the other one being beside it. */
@inline
function placeOf(key: v128): usize {
  const first = <u64>i64x2.extract_lane(key, 0) * 0x9e3779b97f4a7c15;
  const both = (first ^ (first >> 32) ^ <u64>i64x2.extract_lane(key, 1)) * 0x9e3779b97f4a7c15;
  // The high bits of a product depend on all of its bits.
  return KNOWN + <usize>(both >> (64 - SLOT_BITS)) * SLOT;
}

@inline
function kindAt(at: usize): u8 {
  const unit = load<u16>(at);
  return unit < 128 ? load<u8>(KINDS + unit) : FOREIGN;
}

/** The end of the piece that begins at `start`; 0 where that is for a character to decide that is not ASCII. */
@inline
function endOfPiece(start: usize, end: usize): usize {
  const kind = kindAt(start);
  if (kind === LETTER) return endOfRun(start + 2, end, LETTER);
  if (kind === DIGIT) return endOfNumber(start, end);
  if (kind === LINE_END) return endOfBlanks(start, end);
  if (kind === FOREIGN) return 0;

  const unit = load<u16>(start);
  if (unit === APOSTROPHE) {
    const stop = endOfContraction(start + 2, end);
    if (stop > 0) return stop;
  }
  const next = start + 2;
  const nextKind = next < end ? kindAt(next) : BLANK;
  if (nextKind === LETTER) return endOfRun(next + 2, end, LETTER);
  if (nextKind === FOREIGN) return 0;
  if (kind === OTHER) return endOfSigns(next, end);
  if (nextKind === OTHER && unit === SPACE) return endOfSigns(next, end);
  return endOfBlanks(start, end);
}

@inline
function endOfRun(at: usize, end: usize, kind: u8): usize {
  for (; at < end; at += 2) {
    const other = kindAt(at);
    if (other !== kind) return other === FOREIGN ? 0 : at;
  }
  return end;
}

function endOfNumber(start: usize, end: usize): usize {
  const most = min(end, start + 6);
  for (let at = start + 2; at < most; at += 2) {
    const kind = kindAt(at);
    if (kind !== DIGIT) return kind === FOREIGN ? 0 : at;
  }
  return most;
}

function endOfSigns(at: usize, end: usize): usize {
  const stop = endOfRun(at, end, OTHER);
  return stop === 0 ? 0 : endOfRun(stop, end, LINE_END);
}

/** Of a run of blanks and line ends: all up to its last line end, or all but the last blank, which is the next word's. */
function endOfBlanks(start: usize, end: usize): usize {
  let at = start;
  let afterLineEnd: usize = 0;
  for (; at < end; at += 2) {
    const kind = kindAt(at);
    if (kind === FOREIGN) return 0;
    if (kind === LINE_END) afterLineEnd = at + 2;
    else if (kind !== BLANK) break;
  }
  if (at === end) return at;
  if (afterLineEnd > 0) return afterLineEnd;
  return max(start + 2, at - 2);
}

/** The end of `s`, `d`, `m`, `t`, `ll`, `ve` or `re` in letters of either case; 0 where there is none. */
function endOfContraction(at: usize, end: usize): usize {
  const first = at < end ? lowerCase(load<u16>(at)) : 0;
  if (first === 0x73 || first === 0x64 || first === 0x6d || first === 0x74) return at + 2;
  const second = at + 2 < end ? lowerCase(load<u16>(at, 2)) : 0;
  if (first === 0x6c && second === 0x6c) return at + 4;
  return (first === 0x76 || first === 0x72) && second === 0x65 ? at + 4 : 0;
}

/** Of an ASCII letter. Anything else becomes nothing that is asked for. */
@inline
function lowerCase(unit: u16): u16 {
  return unit < 0x80 ? unit | 0x20 : 0;
}
