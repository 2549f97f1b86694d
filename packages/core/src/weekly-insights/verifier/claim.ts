import type { Fact, Saying } from "../fact.ts";

/** What a fact must say of both, and on which side of the word the one stands that is linked to or recalled. */
export interface Relation {
  says: Extract<Saying, "echo" | "joined">;
  target?: "after" | "before";
}

/** One thing that a sentence says, where it says it, and which facts would bear it out. */
export interface Claim {
  start: number;
  end: number;
  /** Figures belong to the theme or note that is named before or after them; words to the one in their clause. */
  kind: "figure" | "word";
  bears(fact: Fact): boolean;
  /** The whole of "3 of 12": it is about the week, whatever is named before it. */
  isWhole?: true;
  /** What a word says; a fact that says one of them bears it out. */
  says?: readonly Saying[];
  /** The word stands between two. */
  relates?: Relation;
}
