import type { Fact } from "../fact.ts";

/** One thing that a sentence says, where it says it, and which facts would bear it out. */
export interface Claim {
  start: number;
  end: number;
  /** Figures belong to the theme or note that is named before or after them; words to the one in their clause. */
  kind: "figure" | "word";
  bears(fact: Fact): boolean;
  /** The whole of "3 of 12": it is about the week, whatever is named before it. */
  isWhole?: true;
}
