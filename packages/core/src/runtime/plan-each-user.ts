import { randomUUID } from "node:crypto";
import { asLedger } from "@noctuary/db/access";
import { addPlannedUsers, lastRunUser } from "@noctuary/db/ledger/run-user";
import { addTasks, renewLease } from "@noctuary/db/ledger/task";
import { users } from "@noctuary/db/notes/note";
import { limitsFor, type PlanStep } from "../job.ts";
import { usersAskedAfter } from "./users-asked.ts";

/** So much is left of the function's time when the plan stops and goes on through its queue. */
const MARGIN_MS = 20_000;
const PAGE = 500;

/**
 * A plan that makes one task a user, in pages of users in the order of their ids. What is committed is where it goes
 * on: stopped or killed anywhere, each user still gets exactly one task.
 */
export function planEachUser(queue: string, step: { slug: string; queue: string }): PlanStep {
  const limits = limitsFor(300, 1);
  return {
    slug: "plan",
    queue,
    limits,
    async work({ context, run, task, remainingMs }) {
      for (;;) {
        if (remainingMs() < MARGIN_MS) return { laterInMs: 0 };
        const planned = await asLedger(context.db, async (tx) => {
          const after = await lastRunUser(tx, run.id);
          const page = usersAskedAfter(run, after)?.slice(0, PAGE) ?? (await users(tx, PAGE, after));
          await addPlannedUsers(tx, run.id, page);
          await addTasks(
            tx,
            page.map((userId) => ({
              id: randomUUID(),
              runId: run.id,
              step: step.slug,
              queue: step.queue,
              userId,
              payload: {},
            })),
          );
          await renewLease(tx, task, limits.leaseMs);
          return page.length;
        });
        if (planned < PAGE) return { save: () => Promise.resolve({}) };
      }
    },
  };
}
