import { asLedger } from "@noctuary/db/access";
import { announceAgain } from "@noctuary/db/ledger/outbox";
import type { Context } from "../context.ts";
import type { PlanStep, UserStep } from "../job.ts";
import { followUp, workOn } from "./work-on-task.ts";

/** Others do not wait longer than this for what a task has left them, while the next ones are worked on. */
const FOLLOW_UP_EVERY_MS = 1_000;

/** The tasks of one invocation. */
export interface TasksAtHand {
  /** As `workOnTask` does. */
  workOn(taskId: string): Promise<void>;
  /** Hands on what is left of them. */
  end(): Promise<void>;
}

/**
 * Works on the tasks of a batch of messages, one after the other, for a container has memory and connections for one.
 * Most users' tasks take some milliseconds, so their messages are sent, and the end of their runs is looked for, once for
 * many. A task that the time may not suffice for is left to another invocation.
 */
export function tasksAtHand(
  context: Context,
  step: PlanStep | UserStep,
  remainingMs: () => number,
): TasksAtHand {
  const runIds = new Set<string>();
  let isFirst = true;
  let followedUpAt = performance.now();
  const end = async () => {
    if (runIds.size === 0) return;
    const ended = [...runIds];
    runIds.clear();
    followedUpAt = performance.now();
    await followUp(context, ended);
  };
  return {
    async workOn(taskId) {
      const hasTime = isFirst || remainingMs() > step.limits.timeoutMs / 2;
      isFirst = false;
      if (!hasTime) {
        await asLedger(context.db, (tx) => announceAgain(tx, taskId));
        return;
      }
      const runId = await workOn(context, step, taskId, remainingMs);
      if (runId !== null) runIds.add(runId);
      if (performance.now() - followedUpAt > FOLLOW_UP_EVERY_MS) await end();
    },
    end,
  };
}
