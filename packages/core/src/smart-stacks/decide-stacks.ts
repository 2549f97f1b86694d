import type { DayNumber } from "../local-date.ts";
import type { Candidate } from "./candidate.ts";
import { type Facts, notesBehind, type StackKind } from "./facts.ts";
import { kindWeightOf, type PriorityParts, priorityOf, priorityParts, type Verdict } from "./priority.ts";

/** A stack as earlier nights left it, retired ones too. */
export interface LastStack {
  id: string;
  kind: StackKind;
  topicId: string | null;
  facts: Facts;
  retiredOn: DayNumber | null;
  verdict: "dismissed" | "kept" | null;
  verdictOn: DayNumber | null;
}

export interface DecidedStack {
  id: string;
  candidate: Candidate;
  priority: number;
  parts: PriorityParts;
  /** It had this id before tonight. */
  isKnown: boolean;
}

export const retireCauses = ["over", "outranked", "topic_gone", "note_gone", "dismissed", "ai_off"] as const;
export type RetireCause = (typeof retireCauses)[number];

export interface DecidedStacks {
  /** The most important first. */
  stacks: DecidedStack[];
  retired: { id: string; cause: RetireCause }[];
  /** Stacks that stay as they are: what a person keeps, and what a detector that failed could not look at. */
  untouched: string[];
}

export interface StacksToDecide {
  candidates: readonly Candidate[];
  last: readonly LastStack[];
  today: DayNumber;
  /** Stacks a night at most; what a person keeps is not counted. */
  most: number;
  /** Kinds whose detector failed tonight. */
  failedKinds: ReadonlySet<StackKind>;
  topics: ReadonlySet<string>;
  /** By topic, the one that it split from. */
  origins: ReadonlyMap<string, string>;
  /** Notes that may be shown. */
  notes: ReadonlySet<string>;
  newId: () => string;
}

/** A stack that is there goes before a new one that is hardly better: two that are about as good do not take turns. */
const BEING_THERE = 0.1;
/** Below it nobody would open a new one. */
const LEAST_PRIORITY = 0.25;
const MOST_PER_KIND = 2;
/** Two stacks that share so much of the smaller one are one thing said twice. */
const OVERLAP = 0.5;
/** What comes back so soon is the same stack. */
const REVIVE_DAYS = 14;

/** Which stacks there are tonight, under which ids, and why the others go. Deterministic. */
export function decideStacks(input: StacksToDecide): DecidedStacks {
  const { candidates, last, today, most, newId } = input;
  const verdicts = last.flatMap(({ kind, verdict, verdictOn }): Verdict[] =>
    verdict === null || verdictOn === null ? [] : [{ kind, verdict, daysAgo: today - verdictOn }],
  );
  const untouched = last.filter((stack) => staysUntouched(stack, input));
  const untouchedIds = new Set(untouched.map(({ id }) => id));
  const ranked = candidates
    .map((candidate) => ({ candidate, known: knownAs(candidate, input) }))
    .filter(({ candidate, known }) => {
      if (known !== null && untouchedIds.has(known.id)) return false;
      if (
        last.some(
          (stack) => isDismissed(stack) && isSame(candidate, stack, input) && !hasChanged(candidate, stack),
        )
      ) {
        return false;
      }
      return candidate.isClear || known?.retiredOn === null;
    })
    .map(({ candidate, known }) => {
      const parts = priorityParts(candidate, today, kindWeightOf(candidate.kind, verdicts));
      const priority = priorityOf(parts);
      return {
        candidate,
        known,
        parts,
        priority,
        rank: priority + (known?.retiredOn === null ? BEING_THERE : 0),
      };
    })
    .filter(({ known, priority }) => known?.retiredOn === null || priority >= LEAST_PRIORITY)
    .sort((a, b) => b.rank - a.rank || compare(keyOf(a.candidate), keyOf(b.candidate)));

  const shown: Subject[] = untouched.filter(({ retiredOn }) => retiredOn === null).map(subjectOf);
  const chosen: typeof ranked = [];
  for (const one of ranked) {
    if (chosen.length >= most) break;
    const { kind } = one.candidate;
    const subject = subjectOf(one.candidate);
    if (chosen.filter(({ candidate }) => candidate.kind === kind).length >= MOST_PER_KIND) continue;
    if (shown.some((other) => saysTheSame(subject, other))) continue;
    // What was one stack may be two things tonight: the better one goes on as it, the other is new another night.
    const { known } = one;
    if (known !== undefined && known !== null && chosen.some((other) => other.known?.id === known.id))
      continue;
    shown.push(subject);
    chosen.push(one);
  }
  const chosenIds = new Set(chosen.map(({ known }) => known?.id));
  const lost = new Set(ranked.map(({ known }) => known?.id));
  return {
    stacks: chosen
      .map(({ candidate, known, parts, priority }) => ({
        id: known?.id ?? newId(),
        candidate,
        parts,
        priority,
        isKnown: known !== null,
      }))
      .sort((a, b) => b.priority - a.priority || compare(keyOf(a.candidate), keyOf(b.candidate))),
    retired: last
      .filter(({ id, retiredOn }) => retiredOn === null && !chosenIds.has(id) && !untouchedIds.has(id))
      .map((stack) => ({ id: stack.id, cause: causeFor(stack, input, lost) })),
    untouched: untouched.filter(({ retiredOn }) => retiredOn === null).map(({ id }) => id),
  };
}

function staysUntouched(stack: LastStack, { failedKinds, notes }: StacksToDecide): boolean {
  if (stack.retiredOn !== null || stack.verdict === "dismissed") return false;
  if (!notesBehind(stack.facts).every((id) => notes.has(id))) return false;
  return failedKinds.has(stack.kind) || stack.verdict === "kept";
}

/** The stack that a candidate is tonight: a living one, or one that went not long ago of itself. */
function knownAs(candidate: Candidate, input: StacksToDecide): LastStack | null {
  const { last, today } = input;
  const same = last
    .filter((stack) => !isDismissed(stack) && isSame(candidate, stack, input))
    .sort((a, b) => Number(b.topicId === candidate.topicId) - Number(a.topicId === candidate.topicId));
  return (
    same.find(({ retiredOn }) => retiredOn === null) ??
    same
      .filter(({ retiredOn }) => retiredOn !== null && today - retiredOn <= REVIVE_DAYS)
      .sort((a, b) => b.retiredOn! - a.retiredOn!)[0] ??
    null
  );
}

function isDismissed({ verdict }: LastStack): boolean {
  return verdict === "dismissed";
}

/**
 * A theme's stack is the theme's, whatever notes it holds by now; duplicates are the notes themselves. Where a theme was
 * split, or went several ways, the stack is where most of its notes are.
 */
function isSame(candidate: Candidate, stack: LastStack, { topics, origins }: StacksToDecide): boolean {
  if (candidate.kind !== stack.kind) return false;
  if (candidate.kind !== "near-duplicates" && candidate.topicId !== null) {
    if (candidate.topicId === stack.topicId) return true;
    const isGone = stack.topicId !== null && !topics.has(stack.topicId);
    if (!isGone && origins.get(candidate.topicId) !== stack.topicId) return false;
  }
  return overlap(notesBehind(candidate.facts), notesBehind(stack.facts)) >= OVERLAP;
}

/** Whether at least half of what a dismissed stack would be about tonight is new, or twice as much is open. */
function hasChanged({ facts }: Candidate, dismissed: LastStack): boolean {
  const before = new Set(notesBehind(dismissed.facts));
  const now = notesBehind(facts);
  const fresh = now.filter((id) => !before.has(id)).length;
  if (fresh >= 2 && 2 * fresh >= now.length) return true;
  return (
    facts.kind === "unfinished" &&
    dismissed.facts.kind === "unfinished" &&
    facts.todos >= Math.max(3, 2 * dismissed.facts.todos)
  );
}

type Subject = { kind: StackKind; topicId: string | null; notes: string[] };

/** What a stack would have one open: of an echo the old notes, for this week's are only why. */
function subjectOf({ kind, topicId, facts }: Pick<LastStack, "kind" | "topicId" | "facts">): Subject {
  const notes = facts.kind === "resurface" ? facts.echoes.map(({ oldId }) => oldId) : notesBehind(facts);
  return { kind, topicId, notes };
}

/** Kinds that are about single notes and not about what happens in a theme. */
const ABOUT_NOTES: ReadonlySet<StackKind> = new Set(["near-duplicates", "resurface"]);

/** Duplicates are a task of their own: that their notes are in another stack says nothing. */
function saysTheSame(a: Subject, b: Subject): boolean {
  if ((a.kind === "near-duplicates") !== (b.kind === "near-duplicates")) return false;
  const areThemes = !ABOUT_NOTES.has(a.kind) && !ABOUT_NOTES.has(b.kind);
  if (areThemes && a.topicId !== null && a.topicId === b.topicId) return true;
  return overlap(a.notes, b.notes) >= OVERLAP;
}

/** Shared notes, as a share of the smaller set. */
function overlap(a: readonly string[], b: readonly string[]): number {
  const inB = new Set(b);
  const shared = a.filter((id) => inB.has(id)).length;
  return shared / Math.max(1, Math.min(a.length, b.length));
}

function causeFor(
  stack: LastStack,
  { notes, topics }: StacksToDecide,
  candidates: ReadonlySet<string | undefined>,
): RetireCause {
  if (stack.verdict === "dismissed") return "dismissed";
  if (candidates.has(stack.id)) return "outranked";
  if (!notesBehind(stack.facts).every((id) => notes.has(id))) return "note_gone";
  if (stack.topicId !== null && !topics.has(stack.topicId)) return "topic_gone";
  return "over";
}

/** Ids of topics are random: where nothing else decides, the notes do. */
function keyOf({ kind, facts }: Candidate): string {
  return `${kind} ${notesBehind(facts).toSorted()[0] ?? ""}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
