/** Every metric there is. Alarms and dashboards go by these names. */
export type MetricName =
  /** Share of a model's sentences about a week that held, in [0, 1]. */
  | "VerificationRate"
  /** Share of the notes whose text stayed as it was that are in another topic than the night before, in [0, 1]. */
  | "Churn"
  /** Calls of a trigger with the secret before the last rotation, which will stop being valid. */
  | "PreviousSecretCalls";

export type MetricUnit = "Count" | "Milliseconds" | "Bytes" | "None";

/** What a metric may be told apart by: each takes a handful of values, so that their number stays bounded. No user. */
export interface MetricDimensions {
  job?: string;
  step?: string;
  code?: string;
}

export interface Measurement {
  name: MetricName;
  value: number;
  unit: MetricUnit;
  dimensions: MetricDimensions;
}

/** Where measurements go. Never throws: a number that is lost must not end a task. */
export interface Metrics {
  add(measurement: Measurement): void;
}
