import { maxSentences, type SectionSlug, type Sentence } from "./section.ts";
import type { Evidence } from "./verifier/evidence.ts";
import { problemOf, type SentenceProblem } from "./verifier/verify-sentence.ts";

export interface VerifiedSection {
  sentences: Sentence[];
  /** Sentences that did not hold, by the first reason why not. */
  dropped: Partial<Record<SentenceProblem | "repeated" | "too many", number>>;
}

/** Keeps the sentences that hold, once each and no more than the section has room for; counts the others. */
export function verifySection(
  section: SectionSlug,
  sentences: readonly Sentence[],
  evidence: Evidence,
): VerifiedSection {
  const kept: Sentence[] = [];
  const dropped: VerifiedSection["dropped"] = {};
  for (const sentence of sentences) {
    const text = sentence.text.trim();
    const problem = kept.some((other) => other.text === text)
      ? "repeated"
      : kept.length >= maxSentences[section]
        ? "too many"
        : problemOf(sentence, evidence);
    if (problem === null) {
      const factIds = [...new Set(sentence.factIds)];
      kept.push({ text, factIds, noteIds: [...new Set(sentence.noteIds)] });
    } else dropped[problem] = (dropped[problem] ?? 0) + 1;
  }
  return { sentences: kept, dropped };
}
