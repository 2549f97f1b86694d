import type { UserTransaction } from "@noctuary/db/access";
import { type Cluster, clustersOf } from "@noctuary/db/clusters/cluster";
import { UsageError } from "../exit.ts";
import { oneOf } from "./runs.ts";

export interface FoundCluster {
  cluster: Cluster;
  /** All there ever were. */
  all: Cluster[];
}

/**
 * The cluster that a person means, by the beginning of its id or by its name. A living one goes before one that is
 * retired, and a topic before an area of the same name.
 */
export async function findCluster(tx: UserTransaction, userId: string, id: string): Promise<FoundCluster> {
  const all = await clustersOf(tx, userId, { retired: true });
  return { all, cluster: oneOf(matching(all, id), id, "cluster") };
}

/** The same, for an edit: of a cluster that is no more there is nothing to decide. */
export async function findLivingCluster(
  tx: UserTransaction,
  userId: string,
  id: string,
): Promise<FoundCluster> {
  const found = await findCluster(tx, userId, id);
  const { cluster, all } = found;
  if (cluster.retiredAt === null) return found;
  const heir = all.find((other) => other.id === cluster.mergedInto && other.retiredAt === null);
  throw new UsageError(
    `${id} is no more: it was retired on ${cluster.retiredAt.toISOString().slice(0, 10)}` +
      (heir === undefined
        ? ""
        : ` and went into ${heir.name} (${heir.id.slice(0, 8)}); give the edit to that one`),
  );
}

function matching(all: Cluster[], id: string): Cluster[] {
  const exact = all.filter((cluster) => cluster.id === id);
  if (exact.length > 0) return exact;
  const found = all.filter(
    (cluster) => cluster.id.startsWith(id) || cluster.name.toLowerCase() === id.toLowerCase(),
  );
  const living = found.filter((cluster) => cluster.retiredAt === null);
  const topics = living.filter((cluster) => cluster.level === "topic");
  if (topics.length === 1) return topics;
  return living.length > 0 ? living : found;
}
