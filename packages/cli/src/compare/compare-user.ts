import {
  compareGroupings,
  compareSets,
  type GroupingComparison,
  type SetsComparison,
} from "@noctuary/core/comparison/compare-groupings";
import {
  explainStacks,
  explainWeeks,
  type StackDifference,
  type WeekDifference,
} from "@noctuary/core/comparison/explain-lists";
import { ourResults, type UserResults, whyUngrouped } from "@noctuary/db/comparison/both-results";
import type { Database } from "@noctuary/db/database";

export interface UserComparison {
  userId: string;
  clusters: GroupingComparison;
  /** Why notes that they have grouped are in no cluster of ours. */
  notGrouped: Record<string, number>;
  stacks: SetsComparison;
  insights: SetsComparison & { weeksOfBoth: number };
  /** Why stacks and weeks of one have no like of the other. */
  stackDifferences: StackDifference[];
  weekDifferences: WeekDifference[];
}

export async function compareUser(
  db: Database,
  userId: string,
  theirs: UserResults,
): Promise<UserComparison> {
  const ours = await ourResults(db, userId);
  const clusters = compareGroupings(theirs.clusters, ours.clusters);
  const stacks = compareSets(
    theirs.stacks,
    ours.stacks.filter(({ gone }) => gone === null),
  );
  const weeks = new Set(ours.insights.map(({ id }) => id));
  return {
    userId,
    clusters,
    notGrouped: await whyUngrouped(db, userId, clusters.notes.onlyTheirs),
    stacks,
    insights: {
      ...compareSets(theirs.insights, ours.insights),
      weeksOfBoth: theirs.insights.filter(({ id }) => weeks.has(id)).length,
    },
    stackDifferences: explainStacks(
      { theirs: stacks.onlyTheirs, ours: stacks.onlyOurs },
      { theirs: theirs.stacks, ours: ours.stacks, topics: ours.clusters },
    ),
    weekDifferences: explainWeeks(theirs.insights, ours.insights, ours.clusters),
  };
}
