import { type Job, userStep } from "../job.ts";
import { planEachUser } from "../runtime/plan-each-user.ts";
import { insights } from "./insights.ts";

/** Tells each user what their week was about. */
export const weeklyInsights: Job = {
  slug: "weekly-insights",
  schedule: { timeZone: "America/New_York", localTime: "03:00", days: "sunday" },
  plan: planEachUser("weekly-insights", insights),
  steps: [userStep(insights)],
};
