import { jobs, queues } from "@noctuary/core/jobs";
import type { MetricName } from "@noctuary/core/metrics";
import type { Place } from "../place.ts";
import { type Account, apiLine, type Block, COLUMNS, graph, HOUR, lambda, sqs } from "./widgets.ts";

/** What fails, and why. */
export function errors(place: Place, account: Account): Block[] {
  const search = (title: string, name: MetricName): Block => ({
    type: "metric",
    width: 12,
    height: 6,
    properties: {
      title,
      region: account.region,
      view: "timeSeries",
      stacked: true,
      metrics: [
        [
          {
            expression: `SEARCH('{Noctuary,job,step,code} MetricName="${name}"', 'Sum', ${HOUR})`,
            // biome-ignore lint/suspicious/noTemplateCurlyInString: CloudWatch fills it in
            label: "${PROP('Dim.step')} ${PROP('Dim.code')}",
            id: "e1",
          },
        ],
      ],
    },
  });
  return [
    search("Tasks given up, by cause", "TasksFailed"),
    search("Tries that failed, by cause", "TasksRetried"),
    graph(
      "Invocations that failed",
      place.functions.map((name) => lambda(place, "Errors", name)),
      { stat: "Sum", period: HOUR, view: "bar", width: 12 },
      account,
    ),
    graph(
      "Calls of the triggers",
      ["Count", "4XXError", "5XXError"].map((name) => apiLine(place, name)),
      { stat: "Sum", period: HOUR, view: "bar", width: 12 },
      account,
    ),
    graph(
      "Dead letters",
      [...queues().map(({ queue }) => `${queue}-dlq`), ...jobs.map(({ slug }) => `${slug}-start-dlq`)].map(
        (queue) => sqs(place, "ApproximateNumberOfMessagesVisible", queue),
      ),
      { stat: "Maximum", period: HOUR, width: COLUMNS },
      account,
    ),
    {
      type: "log",
      width: COLUMNS,
      height: 6,
      properties: {
        title: "Errors by code, from the logs",
        region: account.region,
        view: "table",
        query: [
          ...place.functions.map((name) => `SOURCE '/aws/lambda/${place.named(name)}'`),
          "filter level in ['ERROR', 'CRITICAL']",
          "stats count() as errors, max(@timestamp) as newest by level, message, job, step, errorClass, errorCode",
          "sort errors desc",
          "limit 50",
        ].join(" | "),
      },
    },
  ];
}
