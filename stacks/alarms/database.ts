import type { Place } from "../place.ts";
import { type AlarmDefinition, atLeast, below, gauge, own, within } from "./definition.ts";

const GIBIBYTE = 1024 ** 3;

export function databaseAlarms({ databaseInstance }: Place): AlarmDefinition[] {
  const connections = gauge("connections", own("ConnectionsUsed", { step: "reconciler" }), 80, {
    meaning: "Four of five connections that the database server takes are in use.",
    runbook: "connections",
  });
  if (databaseInstance === null) return [connections];
  const rds = (
    name: string,
    metric: string,
    limit: Pick<AlarmDefinition, "comparison" | "threshold" | "statistic">,
    meaning: string,
  ): AlarmDefinition => ({
    name,
    meaning,
    runbook: "database-resources",
    metric: { namespace: "AWS/RDS", name: metric, dimensions: { DBInstanceIdentifier: databaseInstance } },
    ...within(5, 3),
    ...limit,
    missing: "fine",
  });
  return [
    connections,
    rds(
      "database-cpu",
      "CPUUtilization",
      { ...atLeast(90), statistic: "Average" },
      "The database's processor has been busy for 90 % of a quarter of an hour.",
    ),
    rds(
      "database-memory",
      "FreeableMemory",
      { ...below(128 * 1024 ** 2), statistic: "Minimum" },
      "The database has less than 128 MB of memory left.",
    ),
    rds(
      "database-storage",
      "FreeStorageSpace",
      { ...below(2 * GIBIBYTE), statistic: "Minimum" },
      "The database has less than 2 GB of storage left.",
    ),
  ];
}
