import process from "node:process";
import { type MetricDimensions, type Metrics, measure, measurement } from "@noctuary/core/metrics";
import type { Context as LambdaContext } from "aws-lambda";

/** Lambda gives a whole virtual CPU at this memory size, and in proportion to it (AWS Lambda's guide). */
const ONE_CPU_MB = 1_769;
const MEBIBYTE = 1024 * 1024;

/**
 * Watches what an invocation uses, from now until it is called: resident memory and processor time, both also as shares
 * of what the function's memory size gives. Lambda has no metric of either.
 */
export function watchResources(
  dimensions: MetricDimensions,
): (metrics: Metrics, lambda: LambdaContext) => void {
  const startedMs = performance.now();
  const cpuBefore = process.cpuUsage();
  return (metrics, { memoryLimitInMB }) => {
    const { user, system } = process.cpuUsage(cpuBefore);
    const elapsedMs = performance.now() - startedMs;
    const resident = process.memoryUsage.rss();
    const limitMb = Number(memoryLimitInMB);
    // Not Lambda: whoever calls the handler there says no size.
    if (!(limitMb > 0)) return measure(metrics, "ResidentMemory", resident, dimensions);
    const givenMs = (elapsedMs * limitMb) / ONE_CPU_MB;
    metrics.add(
      measurement("ResidentMemory", resident, dimensions),
      measurement("MemoryUsed", (100 * resident) / (limitMb * MEBIBYTE), dimensions),
      measurement("CpuUsed", (100 * ((user + system) / 1000)) / givenMs, dimensions),
    );
  };
}
