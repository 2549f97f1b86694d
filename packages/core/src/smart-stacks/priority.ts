import type { DayNumber } from "../local-date.ts";
import type { Candidate } from "./candidate.ts";
import { clamp } from "./chance.ts";
import type { StackKind } from "./facts.ts";

/** Why a stack stands where it does. Each in [0, 1]; stored beside the priority. */
export interface PriorityParts {
  /** How far above the user's own baseline. */
  strength: number;
  /** 1 for today, half after a week. */
  freshness: number;
  /** How many notes it is about, against ten. */
  size: number;
  /** How unlikely it is to be chance. */
  confidence: number;
  /** What the user did with stacks of this kind before. */
  kindWeight: number;
}

const FRESHNESS_HALF_LIFE_DAYS = 7;
const MANY_NOTES = 10;

/** priority = kindWeight * (.4 strength + .25 freshness + .15 size + .2 confidence), in [0, 1]. */
export function priorityOf({ strength, freshness, size, confidence, kindWeight }: PriorityParts): number {
  return clamp(kindWeight * (0.4 * strength + 0.25 * freshness + 0.15 * size + 0.2 * confidence));
}

export function priorityParts(candidate: Candidate, today: DayNumber, kindWeight: number): PriorityParts {
  const age = Math.max(0, today - candidate.latestDay);
  return {
    strength: clamp(candidate.strength),
    freshness: 2 ** (-age / FRESHNESS_HALF_LIFE_DAYS),
    size: clamp(Math.log2(1 + candidate.size) / Math.log2(1 + MANY_NOTES)),
    confidence: clamp(candidate.confidence),
    kindWeight,
  };
}

/** What the user said about one stack. */
export interface Verdict {
  kind: StackKind;
  verdict: "dismissed" | "kept";
  daysAgo: number;
}

const PER_DISMISSAL = 0.3;
const PER_KEEP = 0.15;
const VERDICT_HALF_LIFE_DAYS = 30;
/** A kind that was dismissed again and again still comes through when it is strong enough. */
const LEAST_WEIGHT = 0.2;

/** How much a kind weighs: less after each dismissal, more after each keep, and both heal with time. */
export function kindWeightOf(kind: StackKind, verdicts: readonly Verdict[]): number {
  let weight = 1;
  for (const { kind: of, verdict, daysAgo } of verdicts) {
    if (of !== kind) continue;
    const left = 2 ** (-Math.max(0, daysAgo) / VERDICT_HALF_LIFE_DAYS);
    weight += left * (verdict === "dismissed" ? -PER_DISMISSAL : PER_KEEP);
  }
  return Math.min(1, Math.max(LEAST_WEIGHT, weight));
}
