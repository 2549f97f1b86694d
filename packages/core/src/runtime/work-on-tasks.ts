import { asLedger } from "@noctuary/db/access";
import { announceAgain } from "@noctuary/db/ledger/outbox";
import { abandonedTasks } from "@noctuary/db/ledger/task-list";
import type { Context } from "../context.ts";
import type { PlanStep, UserStep } from "../job.ts";
import { gatheredMetrics } from "../metrics.ts";
import { type Claimed, claimFor, followUp, workOn } from "./work-on-task.ts";

/** Others do not wait longer than this for what a task has left them, while the next ones are worked on. */
const FOLLOW_UP_EVERY_MS = 1_000;

/** A task that may have crashed a worker: nobody should go on with it beside others. */
export class SuspectTaskError extends Error {
  override readonly name = "SuspectTaskError";
  readonly code = "worker_died";
}

/** The tasks of one invocation. */
export interface TasksAtHand {
  /**
   * As `workOnTask` does. The task that is worked on next may be named: it is claimed in one piece with the end of this one
   * where that is one statement.
   */
  workOn(taskId: string, nextId?: string): Promise<void>;
  /**
   * Leaves a task of several to others, who get a further message. @throws {SuspectTaskError} for one that may have
   * crashed a worker, whose message is to be put aside
   */
  leave(taskId: string): Promise<void>;
  /** Tasks whose last try has ended without a word: they may have crashed their worker, and may do so again. */
  readonly suspects: ReadonlySet<string>;
  /** Hands on what is left of them. */
  end(): Promise<void>;
}

/**
 * Works on the tasks of a batch of messages, one after the other, for a container has memory and connections for one.
 * Most users' tasks take some milliseconds, so their messages are sent, the end of their runs is looked for, and what was
 * measured of them is told, once for many: a process that dies takes a second's measurements along. A task that the time
 * may not suffice for is left to another invocation.
 */
export async function tasksAtHand(
  base: Context,
  step: PlanStep | UserStep,
  { taskIds, remainingMs }: { taskIds: readonly string[]; remainingMs: () => number },
): Promise<TasksAtHand> {
  // Should one of them crash the process, this line is what says which: those that ended have one of their own.
  if (step.limits.messagesAtOnce > 1)
    base.logger.info("tasks received", { step: step.slug, taskIds: taskIds.join(" ") });
  const metrics = gatheredMetrics(base.metrics);
  const context = { ...base, metrics };
  const suspects = taskIds.length > 1 ? await abandonedTasks(context.db, taskIds) : new Set<string>();
  const runIds = new Set<string>();
  let hasLeft = false;
  let isFirst = true;
  let followedUpAt = performance.now();
  /** undefined for a claim that went wrong, with the connection perhaps: it is made again. */
  let claimedAhead: { id: string; claim: Promise<Claimed | undefined> } | undefined;
  const hasTime = () => remainingMs() > step.limits.timeoutMs / 2;
  const end = async () => {
    metrics.flush();
    if (runIds.size === 0 && !hasLeft) return;
    const ended = [...runIds];
    runIds.clear();
    hasLeft = false;
    followedUpAt = performance.now();
    await followUp(base, ended);
  };
  const leave = async (taskId: string) => {
    await asLedger(context.db, (tx) => announceAgain(tx, taskId));
    hasLeft = true;
  };
  return {
    suspects,
    async workOn(taskId, nextId) {
      const ahead = claimedAhead?.id === taskId ? await claimedAhead.claim : undefined;
      claimedAhead = undefined;
      if (ahead === undefined && !isFirst && !hasTime()) return leave(taskId);
      isFirst = false;
      const claim = ahead === undefined ? await claimFor(context, step, taskId) : ahead;
      if (claim === null) return;
      await workOn(context, step, claim, remainingMs, async (connection) => {
        if (nextId === undefined || claimedAhead !== undefined || !hasTime()) return;
        const claim = claimFor(context, step, nextId, connection).catch(() => undefined);
        claimedAhead = { id: nextId, claim };
        await claim;
      });
      runIds.add(claim.run.id);
      if (performance.now() - followedUpAt > FOLLOW_UP_EVERY_MS) await end();
    },
    async leave(taskId) {
      if (suspects.has(taskId)) throw new SuspectTaskError("a try of this task ended without a word");
      await leave(taskId);
    },
    end,
  };
}
