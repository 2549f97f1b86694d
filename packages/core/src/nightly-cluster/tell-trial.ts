import type { UserTransaction } from "@noctuary/db/access";
import { saveComparedNight } from "@noctuary/db/comparison/compared-night";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { compareGroupings, type Group } from "../comparison/compare-groupings.ts";
import type { DecidedClusters } from "./decided-clusters.ts";
import type { LastNight } from "./last-night.ts";

/**
 * What a night with another embedding model would make of a user's clusters, beside those that stand: numbers alone are
 * kept, and nothing that anybody sees changes.
 */
export function tellTrial(
  last: LastNight,
  decided: DecidedClusters,
): { ari: number; notes: number; counts: Totals } {
  const names = new Map(last.topics.map(({ id, name }) => [id, name]));
  const compared = compareGroupings(groupsOf(last.memberships, names), groupsOf(decided.memberships, names));
  const kept = decided.topics.filter(({ id }) => names.has(id)).length;
  return {
    ari: compared.ari,
    notes: compared.notes.both,
    counts: {
      theirClusters: compared.groups.theirs,
      ourClusters: compared.groups.ours,
      alikeClusters: compared.alike,
      idsKept: kept,
      idsLost: last.topics.length - kept,
    },
  };
}

export async function saveTrial(
  tx: UserTransaction,
  told: ReturnType<typeof tellTrial>,
  { userId, against, date }: { userId: string; against: string; date: string },
): Promise<Totals> {
  await saveComparedNight(tx, { userId, against, date, ...told });
  return { clustered: told.notes, ...told.counts };
}

function groupsOf(
  memberships: readonly { noteId: string; clusterId: string }[],
  names: Map<string, string>,
): Group[] {
  return [...Map.groupBy(memberships, ({ clusterId }) => clusterId)].map(([id, members]) => ({
    id,
    name: names.get(id) ?? "",
    noteIds: members.map(({ noteId }) => noteId),
  }));
}
