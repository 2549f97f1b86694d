import { queues } from "@noctuary/core/jobs";
import type { Place } from "../place.ts";
import {
  type Account,
  type Block,
  FIVE_MINUTES,
  functionLines,
  graph,
  lambda,
  line,
  sqs,
  stepLines,
} from "./widgets.ts";

/** What functions, queues and the database use. */
export function resources(place: Place, account: Account): Block[][] {
  const quick = { stat: "Maximum", period: FIVE_MINUTES, width: 8 } as const;
  return [
    [
      graph("Memory used (%)", functionLines("MemoryUsed"), { ...quick, limit: 90 }, account),
      graph("Processor used (%)", functionLines("CpuUsed"), { ...quick, stat: "Average" }, account),
      graph("Resident memory (bytes)", functionLines("ResidentMemory"), quick, account),
      graph(
        "Functions at work at once",
        place.functions.map((name) => lambda(place, "ConcurrentExecutions", name)),
        quick,
        account,
      ),
      graph(
        "Throttled",
        place.functions.map((name) => lambda(place, "Throttles", name)),
        { ...quick, stat: "Sum" },
        account,
      ),
      graph(
        "Connections to the database",
        [
          line("Connections", { step: "reconciler" }, "connections"),
          line("ConnectionsUsed", { step: "reconciler" }, "% of what the server takes"),
        ],
        { ...quick, limit: 80 },
        account,
      ),
      graph(
        "Oldest message (s)",
        queues().map(({ queue }) => sqs(place, "ApproximateAgeOfOldestMessage", queue)),
        { ...quick, width: 12 },
        account,
      ),
      graph(
        "Oldest unfinished task (minutes)",
        stepLines("OldestTaskMinutes"),
        { ...quick, width: 12, limit: 240 },
        account,
      ),
      ...databaseGraphs(place, account),
    ],
  ];
}

function databaseGraphs({ databaseInstance }: Place, account: Account): Block[] {
  if (databaseInstance === null) return [];
  const rds = (title: string, name: string) =>
    graph(
      title,
      [{ namespace: "AWS/RDS", name, dimensions: { DBInstanceIdentifier: databaseInstance }, label: name }],
      { stat: "Average", period: FIVE_MINUTES, width: 8 },
      account,
    );
  return [
    rds("Database: processor (%)", "CPUUtilization"),
    rds("Database: free memory (bytes)", "FreeableMemory"),
    rds("Database: free storage (bytes)", "FreeStorageSpace"),
  ];
}
