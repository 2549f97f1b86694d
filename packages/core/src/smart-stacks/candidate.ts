import type { DayNumber } from "../local-date.ts";
import type { Facts, StackKind } from "./facts.ts";

/** What a detector found: worth a stack if it is clear, enough to keep one that there is already if it is not. */
export interface Candidate {
  kind: StackKind;
  /** The theme it is about; null where it is about notes of several. */
  topicId: string | null;
  facts: Facts;
  /** What to open, the most telling first. */
  notes: CandidateNote[];
  /** How many notes it is about; `notes` may hold fewer. */
  size: number;
  /** In [0, 1]: how far above the user's own baseline. */
  strength: number;
  /** In [0, 1]: how unlikely it is to be chance. */
  confidence: number;
  /** The last day on which something happened that it is about. */
  latestDay: DayNumber;
  isClear: boolean;
}

export interface CandidateNote {
  id: string;
  /** Words of this note and of no other, shown beside it: an open to-do, what stands only here. */
  remark?: string;
}

/** Notes in a stack at most: a short list is opened, a long one is not. */
export const NOTES_IN_STACK = 12;
