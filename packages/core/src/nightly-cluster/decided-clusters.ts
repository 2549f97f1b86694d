import type { ClusterEventRow, Membership } from "@noctuary/db/clusters/cluster";
import type { Partition } from "../clustering/partition.ts";
import type { EditReport } from "../identity/edits.ts";

export interface DecidedTopic {
  id: string;
  areaId: string;
  /** Rows of tonight's vectors, ascending. */
  rows: number[];
  cohesion: number;
}

export interface DecidedArea {
  id: string;
  topicIds: string[];
  size: number;
}

/** A cluster that is no more, and what is kept of it. */
export interface EndedCluster {
  id: string;
  mergedInto: string | null;
  retiredBy: string | null;
  lastMembers: string[];
}

/** A cluster that was not found again, and the edit that has ended it once more, where one has. */
export interface LookedFor {
  id: string;
  retiredBy: string | null;
}

export interface DecidedClusters {
  topics: DecidedTopic[];
  areas: DecidedArea[];
  memberships: Membership[];
  events: Omit<ClusterEventRow, "at" | "runId">[];
  /** Topics born, grown, shrunk, merged, split, retired, and unchanged notes that are in another topic now. */
  counts: Record<string, number>;
  /** The partition as it is with the user's edits in it: topics in the order of `topics`. */
  partition: Partition;
  ended: EndedCluster[];
  /** Clusters that an edit had ended which was taken back, and which are not there again all the same. */
  lookedForInVain: LookedFor[];
  /** Names that the user gave, by cluster. */
  names: Map<string, string>;
  editReports: EditReport[];
  /** Whether an edit has a note elsewhere than grouping had it. */
  editsMoved: boolean;
  /** Edits that now know which notes they were about. */
  aboutEdits: { id: string; noteIds: string[] }[];
}

/** Sizes of all of tonight's clusters, areas too, by id. */
export function sizesOf({ topics, areas }: Pick<DecidedClusters, "topics" | "areas">): Map<string, number> {
  return new Map([
    ...topics.map((topic) => [topic.id, topic.rows.length] as const),
    ...areas.map((area) => [area.id, area.size] as const),
  ]);
}
