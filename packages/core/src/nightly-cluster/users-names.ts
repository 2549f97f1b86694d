import type { Cluster } from "@noctuary/db/clusters/cluster";
import { type DecidedClusters, sizesOf } from "./decided-clusters.ts";

/**
 * The clusters from before as naming is to see them: with the names that the user gave, without those that the user
 * took back, and those that came back alive, so that they may keep theirs.
 *
 * @param before all clusters there ever were
 */
export function withUsersNames(
  before: Map<string, Cluster>,
  decided: DecidedClusters,
  at: Date,
): Map<string, Cluster> {
  const seen = new Map<string, Cluster>();
  for (const [id, size] of sizesOf(decided)) {
    const old = before.get(id);
    const name = decided.names.get(id);
    if (name !== undefined) {
      const unnamed = {
        id,
        level: "topic",
        parentId: null,
        keyphrases: [],
        cohesion: null,
        bornAt: at,
      } as const;
      seen.set(id, {
        ...(old ?? { ...unnamed, keyphrases: [], size, namedSize: size, askedSize: null }),
        name,
        namedBy: "user",
        retiredAt: null,
        mergedInto: null,
      });
    } else if (old !== undefined) {
      const isTakenBack = old.namedBy === "user";
      seen.set(id, { ...old, retiredAt: null, ...(isTakenBack ? { name: "", namedBy: "noctuary" } : {}) });
    }
  }
  return seen;
}
