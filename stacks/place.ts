import type { StageConfiguration } from "./configuration.ts";

/** What alarms and dashboards must know of a stage to name what they watch. Plain data: no construct. */
export interface Place {
  /** The name that a queue, a function or an alarm has in AWS. */
  named: (name: string) => string;
  configuration: Pick<StageConfiguration, "jobs" | "reconciler" | "cronSecret">;
  /** Names of all functions, without the stage. */
  functions: readonly string[];
  /** The instance that the stack made; null where the database is somebody else's. */
  databaseInstance: string | null;
}

/** A metric of CloudWatch, as alarms and widgets name it. */
export interface WatchedMetric {
  namespace: "Noctuary" | "AWS/SQS" | "AWS/Lambda" | "AWS/RDS" | "AWS/ApiGateway";
  name: string;
  dimensions: Readonly<Record<string, string>>;
}
