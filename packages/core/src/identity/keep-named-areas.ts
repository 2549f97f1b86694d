import type { KnownCluster } from "./known-cluster.ts";
import { matchClusters } from "./match-clusters.ts";
import { clusterOfNote } from "./overlaps.ts";

/** The area of each topic. */
export interface AreaOfTopics {
  area: Int32Array;
  areas: number;
}

/**
 * Areas that the user named are kept together: where less than half of such an area's notes would go on under its id,
 * the topics that most of its notes make up are an area of their own again. An area ends all the same when none of
 * tonight's topics is mostly of it.
 *
 * @param input.topics tonight's topics, in the order of `area`
 * @param input.previous last night's areas with all their notes
 * @param input.fresh notes that were rewritten say nothing about where an area is
 */
export function keepNamedAreas(input: {
  topics: readonly KnownCluster[];
  grouped: AreaOfTopics;
  previous: KnownCluster[];
  named: ReadonlySet<string>;
  fresh: ReadonlySet<string>;
}): AreaOfTopics {
  const { topics, grouped, previous, named, fresh } = input;
  if (!previous.some(({ id }) => named.has(id))) return grouped;
  const areaBefore = clusterOfNote(previous);
  const knownNotes = topics.map(({ members }) =>
    members.flatMap((note) => (fresh.has(note) ? [] : (areaBefore.get(note) ?? []))),
  );
  const ids = matchClusters({
    previous,
    current: Array.from({ length: grouped.areas }, (_, area) => ({
      members: topics.flatMap(({ members }, topic) => (grouped.area[topic] === area ? members : [])),
    })),
    newId: () => "",
  });
  const area = grouped.area.slice();
  let areas = grouped.areas;
  previous.forEach(({ id }, index) => {
    if (!named.has(id)) return;
    const ofIt = knownNotes.map((notes) => notes.filter((before) => before === index).length);
    const all = ofIt.reduce((sum, notes) => sum + notes, 0);
    const own = ofIt.reduce((sum, notes, topic) => sum + (ids[grouped.area[topic]!] === id ? notes : 0), 0);
    if (2 * own >= all) return;
    for (const [topic, notes] of ofIt.entries()) {
      if (2 * notes > knownNotes[topic]!.length) area[topic] = areas;
    }
    areas++;
  });
  return withoutEmpty(area);
}

function withoutEmpty(area: Int32Array): AreaOfTopics {
  const compact = new Map([...new Set(area)].sort((a, b) => a - b).map((label, index) => [label, index]));
  return { area: area.map((label) => compact.get(label)!), areas: compact.size };
}
