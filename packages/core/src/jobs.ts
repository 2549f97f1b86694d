import type { Job, PlanStep, UserStep } from "./job.ts";
import { nightlyCluster } from "./nightly-cluster/nightly-cluster.ts";
import { nightlyStacks } from "./nightly-stacks/nightly-stacks.ts";
import { weeklyInsights } from "./weekly-insights/weekly-insights.ts";

/** The index of all jobs. */
export const jobs: readonly Job[] = [nightlyCluster, nightlyStacks, weeklyInsights];

/** @returns undefined for a slug that names no job. */
export function jobBySlug(slug: string): Job | undefined {
  return jobs.find((job) => job.slug === slug);
}

/** Every queue with the step whose tasks it carries. */
export function queues(): { queue: string; step: PlanStep | UserStep }[] {
  return jobs.flatMap((job) => [job.plan, ...job.steps]).map((step) => ({ queue: step.queue, step }));
}
