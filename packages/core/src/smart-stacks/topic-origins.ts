/** What became of a cluster, as its events tell. */
export interface TopicChange {
  kind: "born" | "split" | "merged" | "returned";
  clusterId: string;
  /** Where it split from, what it merged into. */
  otherId: string | null;
}

/**
 * By topic, the one that it split from: a branch of an older theme, and no theme out of nothing. Events in the order in
 * which they happened. A topic that comes back has its own past again; one whose origin went into another came from that.
 */
export function originsOf(changes: readonly TopicChange[]): Map<string, string> {
  const origins = new Map<string, string>();
  const mergedInto = new Map<string, string>();
  for (const { kind, clusterId, otherId } of changes) {
    if (kind === "split" && otherId !== null) origins.set(clusterId, otherId);
    else if (kind === "merged" && otherId !== null) mergedInto.set(clusterId, otherId);
    else origins.delete(clusterId);
    if (kind === "returned") mergedInto.delete(clusterId);
  }
  for (const [topicId, first] of origins) {
    let origin = first;
    for (let steps = 0; mergedInto.has(origin) && steps < mergedInto.size; steps++)
      origin = mergedInto.get(origin)!;
    if (origin === topicId) origins.delete(topicId);
    else origins.set(topicId, origin);
  }
  return origins;
}
