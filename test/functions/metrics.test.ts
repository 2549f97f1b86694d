import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openMetrics } from "@noctuary/functions/runtime/metrics";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PATIENT } from "../support/patience.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "noctuary-metrics-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a measurement is one line in the embedded metric format, with its own dimensions and no others", async () => {
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
  const lines = await vi.waitFor(() => {
    const read = readFileSync(logFile, "utf8").trim().split("\n");
    expect(read).toHaveLength(2);
    return read.map((line) => JSON.parse(line));
  }, PATIENT);
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
