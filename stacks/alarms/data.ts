import { type AlarmDefinition, atLeast, below, gauge, own, within } from "./definition.ts";

export function dataAlarms(): AlarmDefinition[] {
  const cluster = { job: "nightly-cluster" };
  return [
    gauge("notes-overdue", own("NotesOverdue", { step: "reconciler" }), 1, {
      meaning: "Notes have waited for their vector for longer than a night.",
      runbook: "notes-without-vector",
    }),
    {
      name: "churn",
      meaning: "Two of five notes that nobody changed are in another topic than the night before.",
      runbook: "clusters-out-of-range",
      metric: own("Churn", cluster),
      statistic: "Maximum",
      ...within(5),
      ...atLeast(0.4),
      missing: "ignore",
    },
    gauge("topic-size", own("TopicSizeDrift", cluster), 3, {
      meaning: "Topics are three times as large, or as small, as in the nights before.",
      runbook: "clusters-out-of-range",
    }),
    gauge("notes-gone", own("NotesWithheld", cluster), 1, {
      meaning:
        "Many notes of a user or a source were gone at once; nothing is deleted until somebody says so.",
      runbook: "notes-gone",
    }),
    {
      ...gauge("verification-rate", own("NewestVerificationRate", { job: "weekly-insights" }), 0.7, {
        meaning:
          "Three of ten sentences that the language model wrote about weeks did not hold and were left out.",
        runbook: "verification-rate",
      }),
      ...below(0.7),
      statistic: "Minimum",
    },
  ];
}
