import { type Job, userStep } from "../job.ts";
import { planEachUser } from "../runtime/plan-each-user.ts";
import { stacks } from "./stacks.ts";

/** Finds what is worth opening in each user's notes, and why. */
export const nightlyStacks: Job = {
  slug: "nightly-stacks",
  schedule: { timeZone: "America/New_York", localTime: "02:30", days: "daily" },
  plan: planEachUser("nightly-stacks", stacks),
  steps: [userStep(stacks)],
};
