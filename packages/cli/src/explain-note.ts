import { sharedPhrases } from "@noctuary/core/text/shared-phrases";
import type { UserTransaction } from "@noctuary/db/access";
import type { Cluster } from "@noctuary/db/clusters/cluster";
import { type NoteLine, noteBody, type RelatedNote, relatedNotes } from "@noctuary/db/notes/note";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import { linkedFrom } from "./vault/linked-notes.ts";

const RELATED = 10;
const LEANS_ON = 3;

export type NamedNote = NoteLine & { cluster: string; rival: string };
export type NearNote = RelatedNote & { cluster: string; linked: boolean };

export interface ExplainedNote extends NamedNote {
  /** Phrases of its topic that it holds. */
  phrases: string[];
  /** The nearest notes of its topic. */
  leansOn: Pick<RelatedNote, "id" | "title" | "path" | "similarity">[];
  related: NearNote[];
}

export function named(note: NoteLine, clusters: Map<string, Cluster>): NamedNote {
  const nameOf = (id: string | null) => clusters.get(id ?? "")?.name ?? "";
  return { ...note, cluster: nameOf(note.clusterId), rival: nameOf(note.rivalId) };
}

/** Where a note stands, and why there: what it shares with its topic, whom it leans on, and who else is near. */
export async function explainNote(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  note: NoteLine,
  clusters: Map<string, Cluster>,
): Promise<ExplainedNote> {
  const { clusterId } = note;
  const body = await noteBody(tx, userId, note.id);
  const isLinked = linkedFrom({ path: note.path, body });
  const related = await relatedNotes(tx, model, userId, note.id, { limit: RELATED });
  const leansOn =
    clusterId === null ? [] : await relatedNotes(tx, model, userId, note.id, { limit: LEANS_ON, clusterId });
  return {
    ...named(note, clusters),
    phrases: sharedPhrases(clusters.get(clusterId ?? "")?.keyphrases ?? [], `${note.title}\n${body}`),
    leansOn: leansOn.map(({ id, title, path, similarity }) => ({ id, title, path, similarity })),
    related: related.map((other) => ({
      ...other,
      cluster: clusters.get(other.clusterId ?? "")?.name ?? "",
      linked: isLinked(other),
    })),
  };
}
