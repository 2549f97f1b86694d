import type { ClusterEventRow } from "@noctuary/db/clusters/cluster";
import type { Terminal } from "../terminal.ts";
import { sentenceFor } from "./sentences.ts";
import { count, dateLine } from "./words.ts";

/** Why notes moved, as one would say it. */
const CAUSES: Record<string, string> = {
  edit: "you decided it",
  rewritten: "their text changed",
  merged: "their topic went in",
  retired: "their topic is no more",
  split: "they split off",
  returned: "their topic is back",
  frontier: "notes beside them are new",
  regrouped: "all notes were grouped anew",
};

/**
 * The life of one cluster, night by night: what became of it, on what evidence, and which notes came and went and why.
 *
 * @param nameOf a cluster's name, also of one that is no more
 */
export function renderHistory(
  terminal: Terminal,
  clusterId: string,
  events: ClusterEventRow[],
  nameOf: (id: string) => string,
): void {
  const nights = Map.groupBy(events, ({ at }) => dateLine(at));
  for (const [date, night] of nights) {
    terminal.line(terminal.style("bold", date));
    for (const line of linesOf(clusterId, night, nameOf)) terminal.line(`  ${line}`);
  }
}

export function linesOf(
  clusterId: string,
  night: ClusterEventRow[],
  nameOf: (id: string) => string,
): string[] {
  const told = night.filter(({ kind }) => kind !== "moved");
  const moves = Map.groupBy(
    night.filter(({ kind }) => kind === "moved"),
    (move) => `${move.clusterId} ${move.otherId} ${move.cause}`,
  );
  return [
    ...told.map((event) => {
      // What it was called before and after is not kept: a name may rest on notes that are gone.
      if (event.kind === "renamed" && event.cause === null) return "it was given another name";
      const otherName = event.otherId === null ? null : nameOf(event.otherId);
      return sentenceFor({ ...event, name: nameOf(event.clusterId), otherName }) + evidenceOf(event);
    }),
    ...[...moves.values()].map(([move, ...others]) => {
      const { clusterId: to, otherId: from, cause } = move!;
      const isComing = to === clusterId;
      const notes = count(others.length + 1, "note");
      const why = cause === null ? "" : ` (${CAUSES[cause] ?? cause})`;
      return `${notes} ${isComing ? "came from" : "went to"} ${nameOf((isComing ? from : to)!) || "another topic"}${why}`;
    }),
  ];
}

function evidenceOf({ kind, share }: ClusterEventRow): string {
  if (share === null) return "";
  const percent = `${Math.round(share * 100)} %`;
  switch (kind) {
    case "merged":
      return ` (${percent} of its notes are there)`;
    case "split":
      return ` (${percent} of its older notes come from there)`;
    case "returned":
      return ` (with ${percent} of its notes of then)`;
    default:
      return "";
  }
}
