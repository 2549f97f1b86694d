import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMetrics } from "@noctuary/functions/runtime/metrics";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "noctuary-metrics-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a measurement is one line in the embedded metric format, with its own dimensions and no others", () => {
  const logFile = join(folder, "metrics.log");
  const metrics = openMetrics({ logFile });
  metrics.add({
    name: "Churn",
    value: 0.25,
    unit: "None",
    dimensions: { job: "nightly-cluster", step: "cluster" },
  });
  metrics.add({ name: "Churn", value: Number.NaN, unit: "None", dimensions: { job: "nightly-cluster" } });
  metrics.add({ name: "Churn", value: 0.5, unit: "None", dimensions: { job: "nightly-cluster" } });
  // A line stands in the file as soon as it is measured.
  const read = readFileSync(logFile, "utf8").trim().split("\n");
  const lines = read.map((line) => JSON.parse(line));
  expect(lines).toHaveLength(2);
  expect(lines[0]).toMatchObject({ Churn: 0.25, job: "nightly-cluster", step: "cluster" });
  expect(lines[0]._aws.CloudWatchMetrics).toEqual([
    {
      Namespace: "Noctuary",
      Dimensions: [["job", "step"]],
      Metrics: [{ Name: "Churn", Unit: "None" }],
    },
  ]);
  expect(lines[1]._aws.CloudWatchMetrics[0].Dimensions).toEqual([["job"]]);
});

test("measurements that are given together are one line, which leaves out what is no number", () => {
  const logFile = join(folder, "metrics.log");
  const dimensions = { step: "embed" };
  openMetrics({ logFile }).add(
    { name: "CpuUsed", value: Number.NaN, unit: "Percent", dimensions },
    { name: "ResidentMemory", value: 1024, unit: "Bytes", dimensions },
    { name: "MemoryUsed", value: 50, unit: "Percent", dimensions },
  );
  const [line, ...others] = readFileSync(logFile, "utf8").trim().split("\n");
  expect(others).toEqual([]);
  const read = JSON.parse(line!);
  expect(read).toMatchObject({ ResidentMemory: 1024, MemoryUsed: 50, step: "embed" });
  expect(read._aws.CloudWatchMetrics[0].Metrics).toEqual([
    { Name: "ResidentMemory", Unit: "Bytes" },
    { Name: "MemoryUsed", Unit: "Percent" },
  ]);
});
