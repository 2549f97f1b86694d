import { jobs } from "@noctuary/core/jobs";
import type { MetricName } from "@noctuary/core/metrics";
import { type Account, type Block, DAY, graph, HOUR, line, stepLines } from "./widgets.ts";

/** Against the weeks before. */
export function trends(account: Account): Block[][] {
  const ofJobs = (name: MetricName) => jobs.map(({ slug }) => line(name, { job: slug }, slug));
  const cluster = { job: "nightly-cluster" };
  const nightly = { stat: "Maximum", period: DAY, width: 8 } as const;
  return [
    [
      graph("Time of a run (ms)", ofJobs("RunDuration"), nightly, account),
      graph("Against its own history (1: as usual)", ofJobs("SlowRatio"), { ...nightly, limit: 3 }, account),
      graph("Oldest open run (hours)", ofJobs("OpenRunHours"), { ...nightly, period: HOUR }, account),
      graph(
        "Time of a task (ms, p95)",
        stepLines("TaskDuration"),
        { stat: "p95", period: DAY, width: 8 },
        account,
      ),
      graph("Tasks done", stepLines("TasksDone"), { stat: "Sum", period: DAY, width: 8 }, account),
      graph(
        "Notes embedded",
        [line("NotesEmbedded", cluster, "notes")],
        { stat: "Sum", period: DAY, view: "bar", width: 8 },
        account,
      ),
      graph("Tokens", ofJobs("Tokens"), { stat: "Sum", period: DAY, view: "bar", width: 8 }, account),
      graph(
        "Dollars at providers",
        ofJobs("CostUsd"),
        { stat: "Sum", period: DAY, view: "bar", width: 8 },
        account,
      ),
      graph(
        "Budget used this month (percent)",
        [line("BudgetUsed", { step: "reconciler" }, "of all users together")],
        nightly,
        account,
      ),
      graph(
        "Notes without a vector",
        [
          line("NotesOverdue", { step: "reconciler" }, "waiting for longer than a night"),
          line("NotesFailed", { step: "reconciler" }, "refused"),
          line("NotesWaitingForBudget", { step: "reconciler" }, "for a month's budget"),
        ],
        nightly,
        account,
      ),
      graph(
        "Clusters against the night before",
        [
          line("Churn", cluster, "churn (share of notes that moved)"),
          line("TopicSizeDrift", cluster, "topic size (factor)"),
        ],
        nightly,
        account,
      ),
      graph("Deletions held back", [line("NotesWithheld", cluster, "notes")], nightly, account),
      graph(
        "Sentences of the language model that held",
        [
          line("NewestVerificationRate", { job: "weekly-insights" }, "newest week, all users"),
          line("VerificationRate", { job: "weekly-insights", step: "insights" }, "a user's week"),
        ],
        { ...nightly, stat: "Average", limit: 0.7 },
        account,
      ),
    ],
  ];
}
