import { asUser } from "@noctuary/db/access";
import { type StackNote, stackNotes, stacksOf } from "@noctuary/db/stacks/stack";
import type { Session } from "./session.ts";

/** A stack as `noctuary stacks --json` gives it. These names are stable. */
export interface ShownStack {
  id: string;
  kind: string;
  title: string;
  titledBy: "noctuary" | "llm";
  reason: string;
  priority: number;
  priorityParts: Record<string, number>;
  facts: unknown;
  clusterId: string | null;
  /** Found by the clusters of an earlier night, because tonight's were late. */
  earlierClusters: boolean;
  kept: boolean;
  bornAt: Date;
  seenAt: Date;
  notes: Omit<StackNote, "stackId">[];
}

/** What is worth opening this morning, the most important first. A dismissed stack is gone at once. */
export async function morningStacks({ db }: Pick<Session, "db">, userId: string): Promise<ShownStack[]> {
  return asUser(db, userId, async (tx) => {
    const notes = Map.groupBy(await stackNotes(tx, userId), ({ stackId }) => stackId);
    return (await stacksOf(tx, userId))
      .filter(({ verdict, title }) => verdict !== "dismissed" && title !== "")
      .map(({ verdict, verdictAt, retiredAt, retiredCause, titleKey, ...stack }) => ({
        ...stack,
        kept: verdict === "kept",
        notes: (notes.get(stack.id) ?? []).map(({ stackId, ...note }) => note),
      }));
  });
}
