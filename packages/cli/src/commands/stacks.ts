import { asUser } from "@noctuary/db/access";
import { saveVerdict } from "@noctuary/db/stacks/stack";
import { EXIT, UsageError } from "../exit.ts";
import { morningStacks, type ShownStack } from "../morning-stacks.ts";
import { renderStack, renderStacks } from "../render/stacks.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { oneOf } from "./runs.ts";

const VERDICTS: Record<string, "dismissed" | "kept"> = { dismiss: "dismissed", keep: "kept" };

/** `noctuary stacks [ID] [dismiss|keep]`. */
export async function stacks(
  id: string | undefined,
  verb: string | undefined,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const verdict = verb === undefined ? undefined : VERDICTS[verb];
  if (verb !== undefined && verdict === undefined) {
    throw new UsageError(`${verb}: write \`noctuary stacks ID dismiss\` or \`noctuary stacks ID keep\``);
  }
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const all = await morningStacks(session, userId);
    if (id === undefined) {
      terminal.json(all);
      if (all.length === 0) {
        terminal.line("No stacks. `noctuary run nightly-stacks` looks for some, once there are clusters.");
      }
      renderStacks(terminal, all, { withIds: true });
      return EXIT.done;
    }
    const stack = oneOf(matching(all, id), id, "stack");
    if (verdict === undefined) {
      terminal.json(stack);
      renderStack(terminal, stack);
      return EXIT.done;
    }
    await asUser(session.db, userId, (tx) =>
      saveVerdict(tx, userId, { stackId: stack.id, verdict, at: new Date() }),
    );
    terminal.json({ id: stack.id, verdict });
    terminal.line(
      verdict === "dismissed"
        ? `Dismissed: ${stack.title}. It does not come back unless much about it is new, and ${stack.kind} counts for less for a while.`
        : `Kept: ${stack.title}. It stays as it is until you dismiss it.`,
    );
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** By the beginning of an id, or by title. */
function matching(all: ShownStack[], id: string): ShownStack[] {
  return all.filter((stack) => stack.id.startsWith(id) || stack.title.toLowerCase() === id.toLowerCase());
}
