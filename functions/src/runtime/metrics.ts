import { Metrics as EmfMetrics } from "@aws-lambda-powertools/metrics";
import type { Metrics } from "@noctuary/core/metrics";
import type { Settings } from "@noctuary/core/settings";
import { consoleFor } from "./log-file.ts";

const NAMESPACE = "Noctuary";

/**
 * Metrics as lines of CloudWatch's embedded metric format: on Lambda they become metrics by being printed, on one
 * machine they stand in the log file.
 */
export function openMetrics({ logFile }: Pick<Settings, "logFile">): Metrics {
  const emf = new EmfMetrics({ namespace: NAMESPACE });
  Object.assign(emf, consoleFor(logFile));
  emf.clearDefaultDimensions(); // a service of its own would be one more dimension, with one value
  return {
    add(...measurements) {
      // Powertools refuses what is no number. One line a call: those of the next have other dimensions.
      const numbers = measurements.filter(({ value }) => Number.isFinite(value));
      if (numbers.length === 0) return;
      for (const [dimension, of] of Object.entries(numbers[0]!.dimensions)) emf.addDimension(dimension, of);
      for (const { name, unit, value } of numbers) emf.addMetric(name, unit, value);
      emf.publishStoredMetrics();
    },
  };
}
