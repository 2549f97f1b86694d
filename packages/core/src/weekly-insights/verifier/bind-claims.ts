import type { Fact } from "../fact.ts";
import type { Claim } from "./claim.ts";
import { type Mention, oneBreath } from "./masked-text.ts";

/**
 * Whether facts bear out every claim of a sentence, each about what it is said of. "Bread had five notes and Garden
 * three" needs a fact of Bread that says five; that five is some figure of the sentence's facts is not enough.
 *
 * English names a subject before its figure or after it. Either order will do, but one of them for the whole
 * sentence: in a sentence whose figures were exchanged, neither works out.
 */
export function areBorneOut(
  text: string,
  claims: readonly Claim[],
  mentions: readonly Mention[],
  facts: readonly Fact[],
): boolean {
  if (isBound(text, claims, mentions, facts)) return true;
  const clauses = independentClauses(text);
  return (
    clauses.length > 1 &&
    clauses.every(({ start, end }) =>
      isBound(text.slice(start, end), within(claims, start, end), within(mentions, start, end), facts),
    )
  );
}

const refersBack = /\b(?:it|its|they|them|their|these|those|both|each|which|that|this(?! week)|others?)\b/i;

/** Clauses that can be read one by one: nothing in them points back. */
function independentClauses(text: string): { start: number; end: number }[] {
  const ends = [...text.matchAll(/; |, (?:and|while) /g)];
  if (ends.length === 0 || refersBack.test(text)) return [];
  const starts = [0, ...ends.map((match) => match.index + match[0].length)];
  return starts.map((start, i) => ({ start, end: ends[i]?.index ?? text.length }));
}

function within<T extends { start: number; end: number }>(
  all: readonly T[],
  start: number,
  end: number,
): T[] {
  return all
    .filter((one) => one.start >= start && one.end <= end)
    .map((one) => ({ ...one, start: one.start - start, end: one.end - start }));
}

function isBound(
  text: string,
  claims: readonly Claim[],
  mentions: readonly Mention[],
  facts: readonly Fact[],
): boolean {
  const groups = groupsOf(text, mentions);
  const figures = claims.filter((claim) => claim.kind === "figure");
  const wordsHold = claims
    .filter((claim) => claim.kind === "word")
    .every((claim) => bears(claim, nearest(text, claim, groups), facts));
  return wordsHold && (namedBefore(text, figures, groups, facts) || namedAfter(text, figures, groups, facts));
}

interface Group {
  labels: string[];
  start: number;
  end: number;
}

/** Themes or notes that are named in one breath: "Bread, Garden and Knee". What is said of them is said of each. */
function groupsOf(text: string, mentions: readonly Mention[]): Group[] {
  const groups: Group[] = [];
  for (const { label, start, end } of mentions) {
    const last = groups.at(-1);
    const joined = last !== undefined && oneBreath.test(text.slice(last.end, start));
    if (joined) {
      last.labels.push(label);
      last.end = end;
    } else groups.push({ labels: [label], start, end });
  }
  return groups;
}

function bears(claim: Claim, group: Group | null, facts: readonly Fact[]): boolean {
  if (group === null || claim.isWhole === true)
    return facts.some((fact) => fact.label === undefined && claim.bears(fact));
  return group.labels.every((label) =>
    facts.some((fact) => (fact.label === label || isSpan(fact)) && claim.bears(fact)),
  );
}

/** "In the four weeks before" is the same span whatever is said of it. */
function isSpan(fact: Fact): boolean {
  return fact.label === undefined && fact.unit === "weeks" && fact.says.includes("past");
}

function namedBefore(
  text: string,
  figures: readonly Claim[],
  groups: readonly Group[],
  facts: readonly Fact[],
): boolean {
  return figures.every((claim, i) => {
    const group = groupBefore(text, claim, groups) ?? groupAfter(text, claim, figures[i + 1], groups);
    return bears(claim, group, facts);
  });
}

function namedAfter(
  text: string,
  figures: readonly Claim[],
  groups: readonly Group[],
  facts: readonly Fact[],
): boolean {
  return figures.every((claim, i) => {
    const group = groupAfter(text, claim, figures[i + 1], groups);
    if (group === null && claim.isWhole !== true && follows(text, claim, groups)) return false;
    return bears(claim, group, facts);
  });
}

/** What is named next in the same clause, where no other figure stands between. */
function groupAfter(
  text: string,
  claim: Claim,
  next: Claim | undefined,
  groups: readonly Group[],
): Group | null {
  const group = groups.find(({ start }) => start >= claim.end);
  if (group === undefined || (next !== undefined && next.start < group.start)) return null;
  return isBroken(text, claim, group) || text.slice(claim.end, group.start).includes(":") ? null : group;
}

/** "Bread took two": in that clause the figure comes after the name, whatever the order is elsewhere. */
function follows(text: string, claim: Claim, groups: readonly Group[]): boolean {
  const before = groups.findLast(({ end }) => end <= claim.start);
  return before !== undefined && !hasBreak(text.slice(before.end, claim.start));
}

/** The group named last before a claim, unless the sentence has turned to the week as a whole meanwhile. */
function groupBefore(text: string, claim: Claim, groups: readonly Group[]): Group | null {
  const group = groups.findLast(({ end }) => end <= claim.start);
  if (group === undefined) return null;
  return /(?:[,;:.—]|\band\b|\bbut\b|\bwhile\b) ?(?:you|your|the week|this week|overall|altogether)\b/i.test(
    text.slice(group.end, claim.start + 1),
  )
    ? null
    : group;
}

/** What a word is said of: what was named before it, else what comes in its own clause. */
function nearest(text: string, claim: Claim, groups: readonly Group[]): Group | null {
  const before = groupBefore(text, claim, groups);
  const after = groups.find(({ start }) => start >= claim.end);
  const reachesAfter = after !== undefined && !isBroken(text, claim, after);
  if (before !== null && reachesAfter && hasBreak(text.slice(before.end, claim.start))) return after;
  if (before !== null) return before;
  return reachesAfter ? after : null;
}

/**
 * Whether a claim and what is named after it are parts of different clauses. "The longest note, X, ..." and "After seven
 * weeks, X ..." are one clause in spite of their commas.
 */
function isBroken(text: string, claim: Claim, after: Group): boolean {
  const between = text.slice(claim.end, after.start);
  if (/^ (?:note|theme|one|of them)?, $/.test(between)) return false;
  if (/^(?:After|With|At) [^,;:.]*, $/.test(text.slice(0, after.start))) return false;
  return hasBreak(between);
}

function hasBreak(between: string): boolean {
  return /[,;.—–]|\b(?:and|but|while|whereas)\b/.test(between);
}
