import { audit } from "@noctuary/db/account/account";
import * as z from "zod";
import { limitsFor, type UserStep } from "../job.ts";
import { endUser } from "../runtime/end-user.ts";
import { waitForClusters } from "../runtime/wait-for-clusters.ts";

export const STACKS = "stacks";
export const stacksPayload = z.object({});
export type StacksPayload = z.infer<typeof stacksPayload>;

/** Works on one user's stacks, once that user's clusters of the same night are there. */
export const stacks: UserStep<StacksPayload> = {
  slug: STACKS,
  queue: STACKS,
  limits: limitsFor(120, 5),
  payload: stacksPayload,

  async work(input) {
    const clusters = await waitForClusters(input);
    if (typeof clusters !== "string") return clusters;
    const { run, task, userId } = input;
    return {
      async save(tx) {
        const counts = { earlierClusters: clusters === "earlier" ? 1 : 0 };
        if (run.options.dryRun === true) return counts;
        await audit(tx, {
          userId,
          actor: STACKS,
          runId: run.id,
          taskId: task.id,
          action: "clusters read",
          counts,
        });
        return counts;
      },
    };
  },

  ended: (tx, run, task, status) => endUser(tx, run, task.userId, status),
};
