import type { ShownStack } from "../morning-stacks.ts";
import { fit, type Terminal } from "../terminal.ts";
import { joinFitting } from "./join-fitting.ts";
import { dateLine } from "./words.ts";

const TITLES_SHOWN = 3;

/** The stacks on this morning's page: title, reason, and the first notes of each; with ids where one can answer. */
export function renderStacks(
  terminal: Terminal,
  stacks: readonly ShownStack[],
  { withIds = false }: { withIds?: boolean } = {},
): void {
  const { line, style, width } = terminal;
  if (stacks.length === 0) return;
  line(style(["bold", "yellow"], "Worth opening"));
  for (const stack of stacks) {
    const marks = [...(withIds ? [stack.id.slice(0, 8)] : []), ...(stack.kept ? ["kept"] : [])];
    const mark = marks.length === 0 ? "" : style("dim", ` ${marks.join(" ")}`);
    line(`  ${style("bold", fit(stack.title, width - 18))}${mark}`);
    line(`    ${stack.reason}${stack.earlierClusters ? " (by an earlier night's clusters)" : ""}`);
    const titles = stack.notes.slice(0, TITLES_SHOWN).map(({ title }) => title);
    line(style("dim", `    ${joinFitting(titles, width - 4)}`));
  }
}

/** One stack with all that is to open, why it stands where it does, and what one can say to it. */
export function renderStack(terminal: Terminal, stack: ShownStack): void {
  const { line, style, width } = terminal;
  line(style("bold", stack.title));
  line(stack.reason);
  for (const { title, createdAt, remark } of stack.notes) {
    const day = createdAt.toISOString().slice(0, 10);
    // A daily note is called after its day.
    line(`  ${fit(title, width - 16)}${title.startsWith(day) ? "" : ` ${style("dim", day)}`}`);
    if (remark !== null) line(style("dim", `    ${fit(remark, width - 4)}`));
  }
  const parts = Object.entries(stack.priorityParts).map(
    ([name, value]) => `${WORDS[name] ?? name} ${value.toFixed(2)}`,
  );
  line(style("dim", `priority ${stack.priority.toFixed(2)}: ${parts.join(", ")}`));
  line(style("dim", `${stack.kind}, since ${dateLine(stack.bornAt)}${stack.kept ? ", kept by you" : ""}`));
  const id = stack.id.slice(0, 8);
  line(
    style(
      "dim",
      `noctuary stacks ${id} dismiss: not again unless much is new; ... keep: stays until you dismiss it`,
    ),
  );
}

const WORDS: Record<string, string> = { kindWeight: "your liking for this kind" };
