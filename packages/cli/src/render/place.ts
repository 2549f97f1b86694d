import type { ExplainedNote } from "../explain-note.ts";
import type { Terminal } from "../terminal.ts";
import { joinFitting } from "./join-fitting.ts";

/** Where a note is, how firmly, what it shares with its topic, and whom it leans on. */
export function renderPlace({ line, style, width }: Terminal, note: ExplainedNote): void {
  const rival = note.rival === "" ? "" : `; next nearest: ${note.rival}`;
  const share = `${Math.round((note.confidence ?? 0) * 100)} % likely to stay`;
  const how = note.placedBy === "user" ? "where you put it" : share;
  line(`${note.loose === true ? "loosely related to" : "in"} ${style("bold", note.cluster)}, ${how}${rival}`);
  if (note.phrases.length > 0) line(`shares with it: ${note.phrases.join(", ")}`);
  const leansOn = "leans on: ";
  if (note.leansOn.length > 0)
    line(
      `${leansOn}${joinFitting(
        note.leansOn.map(({ title }) => title),
        width - leansOn.length,
      )}`,
    );
}
