import {
  compareGroupings,
  compareSets,
  type GroupingComparison,
  type SetsComparison,
} from "@noctuary/core/comparison/compare-groupings";
import { ourResults, type UserResults, whyUngrouped } from "@noctuary/db/comparison/both-results";
import type { Database } from "@noctuary/db/database";

export interface UserComparison {
  userId: string;
  clusters: GroupingComparison;
  /** Why notes that they have grouped are in no cluster of ours. */
  notGrouped: Record<string, number>;
  stacks: SetsComparison;
  insights: SetsComparison & { weeksOfBoth: number };
}

export async function compareUser(
  db: Database,
  userId: string,
  theirs: UserResults,
): Promise<UserComparison> {
  const ours = await ourResults(db, userId);
  const clusters = compareGroupings(theirs.clusters, ours.clusters);
  const weeks = new Set(ours.insights.map(({ id }) => id));
  return {
    userId,
    clusters,
    notGrouped: await whyUngrouped(db, userId, clusters.notes.onlyTheirs),
    stacks: compareSets(theirs.stacks, ours.stacks),
    insights: {
      ...compareSets(theirs.insights, ours.insights),
      weeksOfBoth: theirs.insights.filter(({ id }) => weeks.has(id)).length,
    },
  };
}
