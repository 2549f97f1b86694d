import type { Fact, FactUnit } from "../fact.ts";
import { mayStandFor } from "../rounding.ts";
import type { Claim } from "./claim.ts";
import type { Token } from "./tokens.ts";

/** Why a figure cannot be checked, and so cannot stand. */
export type NumberProblem = "number";

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
const units = new Map<string, FactUnit>(
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
const adjectives = new Set(
  "new old older earlier open unanswered unfinished finished closed ticked active different separate writing such quiet local calendar linked".split(
    " ",
  ),
);
/** Words after which nothing is counted: "three of them", "one in the kitchen", "four went to". */
const endsCount = new Set(
  "of in on at for to from and or with about against are were is was stand stands remain remains went came go link point before after by as per each instead too are still have had that which this".split(
    " ",
  ),
);
/** Units that a bare figure may have. Days, words and ages are never left unsaid. */
const unsaidUnits = new Set<FactUnit>(["notes", "to-dos", "questions", "themes"]);

const about = new Set(["about", "around", "roughly", "some", "approximately", "circa"]);
const below = new Set(["nearly", "almost", "under", "below"]);
const above = new Set(["over", "above"]);

const pastCues = new Set([
  "usual",
  "usually",
  "typical",
  "typically",
  "normal",
  "normally",
  "median",
  "against",
  "compared",
  "versus",
  "vs",
]);
/** They tell when, but not of which week the figure is. */
const timeCues = new Set([
  "after",
  "before",
  "earlier",
  "previous",
  "previously",
  "preceding",
  "past",
  "last",
  "prior",
]);

interface Figure {
  value: number;
  /** Token indices, the first and the one after the last. */
  from: number;
  to: number;
  isFraction?: true;
}

/**
 * The figures of a sentence as claims, in digits and in words. `taken` are tokens that are a part of a date. A figure
 * that no fact could bear out ("twice", "dozens", "5x") makes the sentence fail.
 */
export function readNumbers(tokens: readonly Token[], taken: ReadonlySet<number>): Claim[] | NumberProblem {
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
  const claims: Claim[] = [];
  for (const [index, figure] of figures.entries()) {
    const claim = claimOf(tokens, figure, figures[index - 1], figures[index + 1]);
    if (claim === "number") return "number";
    claims.push(claim);
  }
  return claims;
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

function isNumberWord(word: string | undefined): boolean {
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
  return determiners.has(before) && next !== "-" && !units.has(next) && !adjectives.has(next);
}

function claimOf(
  tokens: readonly Token[],
  figure: Figure,
  previous?: Figure,
  next?: Figure,
): Claim | NumberProblem {
  const counted = figure.isFraction === true ? { unit: "percent" as const } : unitAfter(tokens, figure.to);
  if (counted === "number") return "number";
  const { exactness, isPast, isEither } = surroundings(tokens, figure, previous, next);
  const { value } = figure;
  const bears = (fact: Fact): boolean => {
    if (typeof fact.value !== "number") return false;
    if (counted.unit === undefined ? !unsaidUnits.has(fact.unit) : fact.unit !== counted.unit) return false;
    const isPastFact = fact.says.includes("past");
    if (!isEither && fact.unit !== "weeks" && isPastFact !== isPast) return false;
    if (figure.isFraction === true) return Math.abs(fact.value - value) <= 2;
    return mayStandFor(value, fact.value, exactness);
  };
  const claim: Claim = {
    kind: "figure",
    start: tokens[figure.from]!.start,
    end: tokens[figure.to - 1]!.end,
    bears,
  };
  return isWholeOf(tokens, figure, previous) ? { ...claim, isWhole: true } : claim;
}

/** What is counted. A figure of something that no fact counts ("five people") cannot be checked. */
function unitAfter(tokens: readonly Token[], at: number): { unit: FactUnit | undefined } | NumberProblem {
  for (let i = at; i < Math.min(tokens.length, at + 3); i++) {
    const { kind, text } = tokens[i]!;
    if (text === "-" && i === at) continue;
    const unit = units.get(text);
    if (unit !== undefined)
      return text === "per" && tokens[i + 1]?.text !== "cent" ? { unit: undefined } : { unit };
    // "four more than usual": a difference, and no fact is one.
    if (text === "more" || text === "fewer" || text === "less" || text === "extra" || text === "additional")
      return "number";
    if (kind !== "word" || endsCount.has(text)) return { unit: undefined };
    if (!adjectives.has(text)) return "number";
  }
  return { unit: undefined };
}

function surroundings(tokens: readonly Token[], figure: Figure, previous?: Figure, next?: Figure) {
  const before = tokens
    .slice(startOfClause(tokens, previous?.to ?? 0, figure.from), figure.from)
    .map(({ text }) => text);
  const near = before.at(-1) ?? "";
  const moreThan = near === "than" && /^(?:more|less|fewer)$/.test(before.at(-2) ?? "");
  const exactness = about.has(near)
    ? ("about" as const)
    : below.has(near) || (moreThan && before.at(-2) !== "more")
      ? ("below" as const)
      : above.has(near) || moreThan
        ? ("above" as const)
        : ("exact" as const);
  const end = tokens.findIndex((token, i) => i >= figure.to && isBoundary(token));
  const clauseEnd = end < 0 ? tokens.length : end;
  const isLastOfClause = next === undefined || next.from >= clauseEnd;
  const after = isLastOfClause
    ? tokens.slice(figure.to, Math.min(clauseEnd, figure.to + 6)).map(({ text }) => text)
    : [];
  const fromPast = /\b(?:up|down) from (?:a |the |about )?$/.test(`${before.slice(-4).join(" ")} `);
  const around = [...before, ...after];
  return {
    exactness,
    isPast: fromPast || around.some((word) => pastCues.has(word)),
    isEither:
      !around.some((word) => pastCues.has(word)) && !fromPast && around.some((word) => timeCues.has(word)),
  };
}

function startOfClause(tokens: readonly Token[], from: number, to: number): number {
  for (let i = to - 1; i >= from; i--) if (isBoundary(tokens[i]!)) return i + 1;
  return from;
}

function isBoundary({ text }: Token): boolean {
  return /^[;:—–.()]$/.test(text);
}

/** The second figure of "3 of your 12 notes". */
function isWholeOf(tokens: readonly Token[], figure: Figure, previous?: Figure): boolean {
  if (previous === undefined) return false;
  const between = tokens
    .slice(previous.to, figure.from)
    .map(({ text }) => text)
    .join(" ");
  return (
    /^(?:notes? |to-dos? )?(?:out )?of (?:the |your |this week |all )?$/.test(`${between} `) &&
    previous.value <= figure.value
  );
}
