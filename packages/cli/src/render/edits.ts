import type { ClusterEdit } from "@noctuary/db/clusters/cluster-edit";
import { count } from "./words.ts";

/** A decision in a few words, as it would be given on the command line. */
export function describeEdit(
  { kind, name, otherId, noteIds }: Pick<ClusterEdit, "kind" | "name" | "otherId" | "noteIds">,
  nameOf: (clusterId: string) => string,
): string {
  switch (kind) {
    case "rename":
      return `rename to ${name}`;
    case "merge":
      return `merge into ${nameOf(otherId!) || otherId!.slice(0, 8)}`;
    case "move":
    case "not-here":
    case "split":
      return `${kind} ${count(noteIds.length, "note")}`;
    default:
      return kind;
  }
}
