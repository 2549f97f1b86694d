import { MATERIAL, type NamingMaterial } from "../naming/name-question.ts";
import { holdsInstructions } from "../text/instructions.ts";
import { plainText } from "../text/plain-text.ts";
import type { DecidedClusters } from "./decided-clusters.ts";
import type { GivenName } from "./name-tonight.ts";

export interface NoteExcerpt {
  title: string;
  body: string;
}

/** Of each topic the ids of the notes that are nearly in it, and the topics that its own notes are nearly in. */
export interface Nearby {
  misses: Map<string, string[]>;
  neighbours: Map<string, string[]>;
}

export function nearbyOf({ memberships }: DecidedClusters): Nearby {
  const misses = Map.groupBy(
    [...memberships]
      .filter(({ rivalId }) => rivalId !== null)
      .sort((a, b) => a.confidence - b.confidence || (a.noteId < b.noteId ? -1 : 1)),
    ({ rivalId }) => rivalId!,
  );
  const rivals = new Map<string, Map<string, number>>();
  for (const { clusterId, rivalId } of memberships) {
    if (rivalId === null) continue;
    const counts = rivals.get(clusterId) ?? new Map<string, number>();
    rivals.set(clusterId, counts.set(rivalId, (counts.get(rivalId) ?? 0) + 1));
  }
  return {
    misses: new Map(
      [...misses].map(([id, notes]) => [id, notes.slice(0, MATERIAL.nearMisses).map(({ noteId }) => noteId)]),
    ),
    neighbours: new Map(
      [...rivals].map(([id, counts]) => [
        id,
        [...counts]
          .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
          .slice(0, MATERIAL.neighbours)
          .map(([rival]) => rival),
      ]),
    ),
  };
}

/** What a model is told of a cluster: excerpts and words, no id, and nothing that looks like an order. */
export function materialOf(
  id: string,
  {
    names,
    notes,
    misses,
    neighbours,
  }: {
    names: ReadonlyMap<string, GivenName>;
    notes: readonly NoteExcerpt[];
    misses: readonly NoteExcerpt[];
    neighbours: readonly string[];
  },
): NamingMaterial {
  const phrasesOf = (cluster: string) =>
    shown(names.get(cluster)!.keyphrases, MATERIAL.phrases, (phrase) => phrase);
  return {
    keyphrases: phrasesOf(id),
    notes: shown(notes, MATERIAL.notes, ({ title, body }) => ({
      title: title.slice(0, MATERIAL.title),
      text: plainText(body).slice(0, MATERIAL.text),
    })),
    nearMisses: shown(misses, MATERIAL.nearMisses, ({ title }) => title.slice(0, MATERIAL.title)),
    neighbours: shown(
      neighbours.filter((neighbour) => names.has(neighbour)),
      MATERIAL.neighbours,
      (neighbour) => ({ name: names.get(neighbour)!.name, keyphrases: phrasesOf(neighbour) }),
    ),
  };
}

/** The first of them that a model may be told of, as it is told. */
function shown<From, To>(from: readonly From[], most: number, tell: (one: From) => To): To[] {
  const told: To[] = [];
  for (const one of from) {
    if (told.length === most) break;
    const as = tell(one);
    if (!holdsInstructions(as)) told.push(as);
  }
  return told;
}
