import type { ChangedStack, StackChanges } from "../stack-changes.ts";
import { fit, type Terminal } from "../terminal.ts";

/** Which stacks a run added, changed and retired, or would. */
export function renderStackChanges(
  { line, style, width }: Terminal,
  { added, changed, retired, failures }: StackChanges,
  { isDry }: { isDry: boolean },
): void {
  if (isDry) line("Dry run: nothing was written but this report.");
  const list = (word: string, stacks: readonly ChangedStack[]) => {
    for (const { title, reason } of stacks) {
      line(`  ${word} ${style("bold", fit(title, width - 12))}`);
      line(style("dim", `          ${reason}`));
    }
  };
  list("added  ", added);
  list("changed", changed);
  for (const { title, id, cause } of retired) {
    line(
      `  retired ${fit(title === "" ? id.slice(0, 8) : title, width - 40)} ${style("dim", CAUSES[cause] ?? cause)}`,
    );
  }
  for (const { kind, error } of failures) {
    line(
      style(
        "yellow",
        `  ${kind} could not be looked for (${error.class} ${error.code}); its stacks stay as they are`,
      ),
    );
  }
  if (added.length + changed.length + retired.length === 0) line("  no stack is added, changed or retired");
}

const CAUSES: Record<string, string> = {
  over: "what it was about is over",
  outranked: "others are more worth opening",
  topic_gone: "its topic is no more",
  note_gone: "one of its notes is deleted or kept out",
  dismissed: "dismissed",
  ai_off: "AI is off for this user",
};
