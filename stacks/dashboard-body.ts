import { errors } from "./dashboard/errors.ts";
import { jobStatus } from "./dashboard/job-status.ts";
import { resources } from "./dashboard/resources.ts";
import { trends } from "./dashboard/trends.ts";
import { type Account, type Block, COLUMNS, type DashboardBody, type Widget } from "./dashboard/widgets.ts";
import type { Place, WatchedMetric } from "./place.ts";

/**
 * One page a stage, for each is paid by the month: how the jobs stand, how they do over time, what fails and why, and what
 * they use.
 */
export function dashboardBody(place: Place, account: Account): DashboardBody {
  const rows = [
    ...section("Job status", "Is anything wrong, and did last night happen? Runbooks: docs/runbooks.", [
      jobStatus(place, account),
    ]),
    ...section("Performance trends", "Against the weeks before.", trends(account)),
    ...section("Errors by cause", "Codes are explained in docs/runbooks/failed-tasks.md.", [
      errors(place, account),
    ]),
    ...section(
      "Resources",
      "Memory and processor as shares of what each function has.",
      resources(place, account),
    ),
  ];
  return { start: "-P14D", widgets: laidOut(rows) };
}

/** Every metric that the widgets show, searches aside. */
export function metricsOf({ widgets }: DashboardBody): WatchedMetric[] {
  return widgets
    .filter(({ type }) => type === "metric")
    .flatMap(({ properties }) => properties.metrics as unknown[][])
    .filter((line) => typeof line[0] === "string")
    .map((line) => {
      const [namespace, name, ...rest] = line.filter((part) => typeof part === "string") as string[];
      const dimensions: Record<string, string> = {};
      for (let i = 0; i + 1 < rest.length; i += 2) dimensions[rest[i]!] = rest[i + 1]!;
      return { namespace: namespace as WatchedMetric["namespace"], name: name!, dimensions };
    });
}

/** What the widgets search for: the names of metrics, with the dimensions that they are told apart by. */
export function searchesOf({ widgets }: DashboardBody): { name: string; dimensions: string[] }[] {
  return widgets
    .filter(({ type }) => type === "metric")
    .flatMap(({ properties }) => properties.metrics as { expression?: string }[][])
    .flatMap(([line]) => /\{Noctuary,([\w,]+)\} MetricName="(\w+)"/.exec(line?.expression ?? "") ?? [])
    .flatMap((_, i, parts) =>
      i % 3 === 0 ? [{ name: parts[i + 2]!, dimensions: parts[i + 1]!.split(",") }] : [],
    );
}

function section(title: string, text: string, rows: Block[][]): Block[][] {
  return [
    [{ type: "text", width: COLUMNS, height: 2, properties: { markdown: `## ${title}\n${text}` } }],
    ...rows,
  ];
}

/** Puts the blocks of each row side by side, and on new lines where they do not fit. */
function laidOut(rows: Block[][]): Widget[] {
  const widgets: Widget[] = [];
  let y = 0;
  for (const row of rows) {
    let x = 0;
    let height = 0;
    for (const block of row) {
      if (x + block.width > COLUMNS) {
        y += height;
        x = 0;
        height = 0;
      }
      widgets.push({ ...block, x, y });
      x += block.width;
      height = Math.max(height, block.height);
    }
    y += height;
  }
  return widgets;
}
