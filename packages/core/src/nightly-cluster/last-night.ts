import type { Membership } from "@noctuary/db/clusters/cluster";
import type { Edit } from "../identity/edits.ts";
import type { MissingNote } from "../identity/report-edits.ts";
import { type RetiredCluster, recallUndone } from "../identity/undone-edits.ts";

/** What the last night left, and what the user has said of it. */
export interface LastNight {
  topics: { id: string; name: string; parentId: string | null }[];
  areas: { id: string; name: string }[];
  memberships: Pick<Membership, "noteId" | "clusterId" | "placedBy">[];
  /** Retired of late, or by an edit. */
  retired: RetiredCluster[];
  /** The oldest first. */
  edits: Edit[];
  /** Why a note that an edit names has no vector tonight. */
  missing: Map<string, MissingNote>;
}

export interface TonightsNotes {
  noteIds: string[];
  /** Those that are new or whose text has changed. */
  fresh: Set<string>;
}

/**
 * Last night's topic of each note of tonight as a dense index: Leiden begins from there. -1 for a note that had none,
 * and for one whose text has changed, so that it may go where it belongs now. What an edit did that was taken back
 * since does not count.
 */
export function previousTopics({ noteIds, fresh }: TonightsNotes, last: LastNight): Int32Array {
  const recalled = recallUndone(last);
  const topicIndex = new Map([...last.topics, ...recalled.clusters].map((topic, i) => [topic.id, i]));
  return Int32Array.from(noteIds, (id) =>
    fresh.has(id) ? -1 : (topicIndex.get(recalled.topicOf.get(id) ?? "") ?? -1),
  );
}
