import type { Fact, FactUnit } from "../fact.ts";
import { mayStandFor } from "../rounding.ts";
import type { Claim } from "./claim.ts";
import { adjectives, type Figure, figuresIn, type NumberProblem, units } from "./figures.ts";
import type { Token } from "./tokens.ts";

/** Words after which nothing is counted: "three of them", "one in the kitchen", "four went to". */
const endsCount = new Set(
  "of in on at for to from and or with about against are were is was stand stands remain remains went came go link point before after by as per each instead too are still have had that which this".split(
    " ",
  ),
);
const pronouns = new Set(["them", "these", "those", "it", "which", "whom", "that", "this"]);
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

/** The figures of a sentence as claims. `taken` are tokens that are a part of a date. */
export function readNumbers(tokens: readonly Token[], taken: ReadonlySet<number>): Claim[] | NumberProblem {
  const figures = figuresIn(tokens, taken);
  if (figures === "number") return "number";
  const claims: Claim[] = [];
  for (const [index, figure] of figures.entries()) {
    const claim = claimOf(tokens, figure, figures[index - 1], figures[index + 1]);
    if (claim === "number") return "number";
    claims.push(claim);
  }
  return claims;
}

function claimOf(
  tokens: readonly Token[],
  figure: Figure,
  previous?: Figure,
  next?: Figure,
): Claim | NumberProblem {
  const counted = figure.isFraction === true ? { unit: "percent" as const } : unitAfter(tokens, figure.to);
  if (counted === "number") return "number";
  if (isOfNoTime(tokens, figure)) return "number";
  const { exactness, isPast: isUsual, isEither: isUnclear } = surroundings(tokens, figure, previous, next);
  // "It faded after nine notes": those came before, whatever else the clause says.
  const isBefore = counted.unit === "notes" && tokens[figure.from - 1]?.text === "after";
  const isPast = isUsual || isBefore;
  const isEither = isUnclear && !isBefore;
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

/** "Down from an earlier four", "against a total of five": what is known of the weeks before is what was usual. */
function isOfNoTime(tokens: readonly Token[], { from }: Figure): boolean {
  const [before, near] = [tokens[from - 2]?.text, tokens[from - 1]?.text ?? ""];
  if (near === "of") return before === "total" || before === "sum";
  return /^(?:earlier|previous|prior|last|former|longest|total|past|preceding)$/.test(near);
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
    // "two of them": of what, no fact can tell.
    if (text === "of" && pronouns.has(tokens[i + 1]?.text ?? "")) return "number";
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
