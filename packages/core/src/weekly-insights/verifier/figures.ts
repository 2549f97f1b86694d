import type { FactUnit } from "../fact.ts";
import type { Token } from "./tokens.ts";

/** Why a figure cannot be checked, and so cannot stand. */
export type NumberProblem = "number";

export interface Figure {
  value: number;
  /** Token indices, the first and the one after the last. */
  from: number;
  to: number;
  isFraction?: true;
}

const ones =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");
const values = new Map<string, number>([
  ...ones.map((word, i): [string, number] => [word, i]),
  ...tens.map((word, i): [string, number] => [word, (i + 2) * 10]),
]);
const multipliers = new Map([
  ["hundred", 100],
  ["thousand", 1000],
  ["million", 1_000_000],
]);
const collectives = new Map([
  ["dozen", 12],
  ["couple", 2],
  ["pair", 2],
  ["single", 1],
]);
const zeros = new Set(["no", "none", "nothing", "zero"]);
/** Counts that no fact has: vague ones in the plural, ratios, frequencies, and ordinals. */
const uncountable = new Set(
  `dozens hundreds thousands millions scores double doubled doubles doubling twofold triple tripled triples threefold
  quadruple quadrupled fourfold tenfold once twice thrice second fourth fifth sixth seventh eighth ninth tenth eleventh
  twelfth handful several umpteen billion billions trillion score halves halved tenths fifths countless numerous
  average averaged averaging percentage percentages ratio rate quadrupling tripling halving`.split(/\s+/),
);
/** After these "one" stands for a noun that was named before. */
const determiners = new Set(
  `this that the which another each every old older long longest short shorter new newer latest last big bigger only
  other different earlier`.split(/\s+/),
);
export const units = new Map<string, FactUnit>(
  (
    [
      ["notes", "note notes"],
      ["words", "word words"],
      ["days", "day days"],
      ["themes", "theme themes topic topics"],
      ["weeks", "week weeks"],
      ["months", "month months"],
      ["years", "year years"],
      ["to-dos", "to-do to-dos todo todos task tasks item items box boxes"],
      ["questions", "question questions"],
      ["links", "link links"],
      ["percent", "percent % per"],
    ] as const
  ).flatMap(([unit, words]) => words.split(" ").map((word): [string, FactUnit] => [word, unit])),
);
/** What may stand between a figure and what it counts. */
export const adjectives = new Set(
  "new old older earlier open unanswered unfinished finished closed ticked active different separate writing such quiet local calendar linked".split(
    " ",
  ),
);
/**
 * The figures of a sentence, in digits and in words. `taken` are tokens that are a part of a date. One that no fact
 * could bear out ("twice", "dozens", "5x") is a problem.
 */
export function figuresIn(tokens: readonly Token[], taken: ReadonlySet<number>): Figure[] | NumberProblem {
  const figures: Figure[] = [];
  for (let i = 0; i < tokens.length; ) {
    const figure = taken.has(i) ? null : figureAt(tokens, i);
    if (figure === "number") return "number";
    if (figure === null) i += 1;
    else {
      figures.push(figure);
      i = figure.to;
    }
  }
  return figures;
}

function figureAt(tokens: readonly Token[], i: number): Figure | null | NumberProblem {
  const token = tokens[i]!;
  if (token.kind === "number") return digitsAt(tokens, i);
  if (token.kind === "mark") return null;
  const { text } = token;
  if (uncountable.has(text)) return "number";
  const fraction = fractionAt(tokens, i);
  if (fraction !== null) return fraction;
  if (text === "half" || text === "third" || text === "thirds" || text === "quarter" || text === "quarters")
    return "number";
  if (text === "one" && isPronoun(tokens, i)) return null;
  if (zeros.has(text)) return { value: 0, from: i, to: i + 1 };
  const article =
    text === "a" &&
    (multipliers.has(tokens[i + 1]?.text ?? "") || collectives.has(tokens[i + 1]?.text ?? ""));
  if (article) return wordsAt(tokens, i + 1, i);
  return values.has(text) || multipliers.has(text) || collectives.has(text) ? wordsAt(tokens, i, i) : null;
}

function digitsAt(tokens: readonly Token[], i: number): Figure | NumberProblem {
  const { written } = tokens[i]!;
  const next = tokens[i + 1]?.text;
  // A time, a ratio, a version, a price: not a figure of ours.
  const joinsNumber = (next === ":" || next === "/") && tokens[i + 2]?.kind === "number";
  if (joinsNumber || /[$€£#@~+*=^]/.test(tokens[i - 1]?.text ?? "") || /[$€£°^*=+]/.test(next ?? ""))
    return "number";
  if (/^\d+$/.test(written) || /^\d{1,3}(?:,\d{3})+$/.test(written)) {
    const value = Number(written.replaceAll(",", ""));
    const multiplier = multipliers.get(next ?? "");
    return { value: value * (multiplier ?? 1), from: i, to: multiplier === undefined ? i + 1 : i + 2 };
  }
  const thousands = /^(\d+(?:\.\d)?)k$/i.exec(written);
  if (thousands !== null) return { value: Math.round(Number(thousands[1]) * 1000), from: i, to: i + 1 };
  const decimal = /^\d+\.\d+$/.test(written);
  const multiplier = multipliers.get(next ?? "");
  if (decimal && multiplier !== undefined)
    return { value: Math.round(Number(written) * multiplier), from: i, to: i + 2 };
  return decimal ? { value: Number(written), from: i, to: i + 1 } : "number";
}

/** "two thousand three hundred and twelve", "twenty-one", "a hundred", "a dozen". */
function wordsAt(tokens: readonly Token[], first: number, from: number): Figure | NumberProblem {
  let total = 0;
  let group = 0;
  let i = first;
  let last = "";
  for (; i < tokens.length; i++) {
    const { text } = tokens[i]!;
    const value = values.get(text);
    const multiplier = multipliers.get(text);
    const joins = (text === "-" || text === "and") && isNumberWord(tokens[i + 1]?.text) && last !== "";
    if (joins && (text === "and" ? last === "multiplier" : last === "tens")) continue;
    if (value !== undefined && last !== "ones" && !(last === "tens" && value >= 10)) {
      group += value;
      last = value >= 20 ? "tens" : "ones";
    } else if (multiplier !== undefined) {
      group = Math.max(1, group) * multiplier;
      if (multiplier >= 1000) {
        total += group;
        group = 0;
      }
      last = "multiplier";
    } else if (collectives.has(text) && last === "") {
      return { value: collectives.get(text)!, from, to: tokens[i + 1]?.text === "of" ? i + 2 : i + 1 };
    } else if (collectives.has(text)) {
      return { value: (total + group) * collectives.get(text)!, from, to: i + 1 };
    } else break;
  }
  return { value: total + group, from, to: i };
}

export function isNumberWord(word: string | undefined): boolean {
  return word !== undefined && (values.has(word) || multipliers.has(word));
}

const fractions: [RegExp, number][] = [
  [/^(?:a |one )?half /, 50],
  [/^(?:a|one) third /, 33],
  [/^two thirds /, 67],
  [/^(?:a|one) quarter /, 25],
  [/^three quarters /, 75],
];

function fractionAt(tokens: readonly Token[], i: number): Figure | null {
  const ahead = `${tokens
    .slice(i, i + 4)
    .map((token) => (token.text === "-" ? "" : token.text))
    .filter((word) => word !== "")
    .join(" ")} `;
  for (const [words, percent] of fractions) {
    const found = words.exec(ahead)?.[0];
    if (found === undefined || /^(?:a |one )?half (?:a )?dozen/.test(ahead)) continue;
    const count = found.trim().split(" ").length;
    const hyphen = tokens.slice(i, i + count).some((token) => token.text === "-") ? 1 : 0;
    return { value: percent, from: i, to: i + count + hyphen, isFraction: true };
  }
  return null;
}

function isPronoun(tokens: readonly Token[], i: number): boolean {
  const before = tokens[i - 1]?.text ?? "";
  const next = tokens[i + 1]?.text ?? "";
  // "Up from an earlier one" compares figures.
  if (tokens.slice(Math.max(0, i - 3), i).some(({ text }) => /^(?:from|against|than)$/.test(text)))
    return false;
  return determiners.has(before) && next !== "-" && !units.has(next) && !adjectives.has(next);
}
