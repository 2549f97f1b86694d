import { errorCauses } from "@noctuary/core/error-cause";
import { jobs, queues } from "@noctuary/core/jobs";
import { type MetricName, metricDefinitions } from "@noctuary/core/metrics";
import { resolveSettings } from "@noctuary/core/settings";
import { cronApi } from "@noctuary/functions/runtime/cron-api";
import { cronSecretSource } from "@noctuary/functions/runtime/cron-secrets";
import { beforeAll, describe, expect, test } from "vitest";
import { alarmList } from "../../stacks/alarm-list.ts";
import { configurationOf } from "../../stacks/configuration.ts";
import { dashboardBody, metricsOf, searchesOf } from "../../stacks/dashboard-body.ts";
import { WATCHED_FUNCTIONS } from "../../stacks/observability.ts";
import type { Place } from "../../stacks/place.ts";
import { startChatServer } from "../support/chat-server.ts";
import { failingEmbedder } from "../support/embedders.ts";
import { type EmittedMetric, emittedMetrics } from "../support/emitted-metrics.ts";
import { honest } from "../support/honest-model.ts";
import { type JobName, openNight } from "../support/night.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { putDatedNotes, someMonths } from "../weekly-insights/week-of-notes.ts";

const ENABLED = jobs.map(({ slug }) => `${slug}=2026-01-01`).join(",");
const PREVIOUS = "the-secret-of-last-quarter";

let emitted: EmittedMetric[];

/** Real nights, with what goes wrong in some: whatever the handlers say to CloudWatch on the way. */
beforeAll(async () => {
  const database = await openTestDatabase();
  const chat = await startChatServer(honest);
  const environment = { NOCTUARY_ENABLED_JOBS: ENABLED };
  const withModel = {
    ...environment,
    NOCTUARY_LLM: "openai",
    NOCTUARY_LLM_MODEL: "gpt-4.1-mini",
    NOCTUARY_LLM_BASE_URL: chat.url,
    NOCTUARY_LLM_API_KEY: "a-key",
    NOCTUARY_MONTHLY_BUDGET_USD: "100",
  };
  try {
    await pastNights(database);
    await putDatedNotes(database, "u", someMonths());
    let night = await openNight(database, { environment });
    const scheduled = async (job: JobName, scheduledTime: string) =>
      night.finish((await night.start({ trigger: "schedule", scheduledTime }, job)).runId);
    await scheduled("nightly-cluster", "2026-10-24T06:00:00Z");
    await putDatedNotes(database, "u", [
      { id: "late", title: "Bread again", body: "more bread", createdAt: "2026-10-24T12:00:00Z" },
    ]);
    await scheduled("nightly-cluster", "2026-10-25T06:00:00Z");
    await scheduled("nightly-stacks", "2026-10-25T06:30:00Z");
    emitted = emittedMetrics(await night.told());
    await night.close();

    // The model of the test knows how to tell a week, and no names.
    night = await openNight(database, { environment: withModel });
    await scheduled("weekly-insights", "2026-10-25T07:00:00Z");
    await night.reconcile();
    await callWithPreviousSecret(night.context);
    emitted.push(...emittedMetrics(await night.told()));
    await night.close();

    const broken = await openNight(database, {
      environment: { NOCTUARY_ENABLED_JOBS: "none" },
      wrap: (context) => ({ ...context, embedder: failingEmbedder(context.embedder, () => true) }),
    });
    await putDatedNotes(database, "v", [
      { id: "n", title: "Alone", body: "a word", createdAt: "2026-10-24T12:00:00Z" },
    ]);
    await broken.run({ userIds: ["v"] });
    emitted.push(...emittedMetrics(await broken.told()));
    await broken.close();
  } finally {
    await chat.close();
    await database.close();
  }
}, 120_000);

/** Enough of them that a new one has a history. */
async function pastNights({ query }: TestDatabase): Promise<void> {
  await query(`
    insert into noctuary.run (id, job, local_date, trigger, options, as_of, status, totals, created_at, finished_at)
    select 'past-' || i, 'nightly-cluster', date '2026-10-01' + i, 'schedule', '{}', now(), 'done',
      '{"clustered": 60, "topics": 4}', now() - interval '1 hour', now() - interval '50 minutes'
    from generate_series(1, 7) i`);
}

async function callWithPreviousSecret(
  context: Parameters<typeof cronApi>[0] extends () => infer C ? C : never,
) {
  const { settings } = resolveSettings([
    { origin: "test", values: { cronSecret: "a-secret-of-sixteen-or-more", cronSecretPrevious: PREVIOUS } },
  ]);
  const source = cronSecretSource(settings);
  const answer = await cronApi(
    () => context,
    () => source,
  )({
    httpMethod: "GET",
    path: "/api/cron/runs/none",
    headers: { authorization: `Bearer ${PREVIOUS}` },
  } as never);
  expect(answer.statusCode).toBe(404);
}

const keyOf = (name: string, dimensions: object) =>
  `${name} ${JSON.stringify(Object.entries(dimensions).toSorted())}`;
const emittedKeys = () => new Set(emitted.map(({ name, dimensions }) => keyOf(name, dimensions)));

describe("what the handlers emit", () => {
  test("is in the list of metrics, with its unit and one of its sets of dimensions", () => {
    for (const { namespace, name, unit, dimensions, value } of emitted) {
      expect(namespace).toBe("Noctuary");
      const definition = metricDefinitions[name];
      expect(definition, name).toBeDefined();
      expect(unit, name).toBe(definition.unit);
      expect(
        definition.dimensions.map((set) => set.toSorted().join()),
        name,
      ).toContain(Object.keys(dimensions).toSorted().join());
      expect(Number.isFinite(value), name).toBe(true);
    }
  });

  test("is all of that list", () => {
    const names = new Set(emitted.map(({ name }) => name));
    expect([...names].toSorted()).toEqual((Object.keys(metricDefinitions) as MetricName[]).toSorted());
  });

  test("is told apart by jobs, steps and causes alone, each of a handful of values", () => {
    const steps = new Set([...queues().map(({ step }) => step.slug), "reconciler", "api"]);
    for (const { dimensions } of emitted) {
      const { job, step, code, ...others } = dimensions;
      expect(others).toEqual({});
      if (job !== undefined) expect(jobs.map(({ slug }) => slug)).toContain(job);
      if (step !== undefined) expect(steps).toContain(step);
      if (code !== undefined) expect(errorCauses).toContain(code);
    }
  });

  test("is heard by CloudWatch: no metric is without a dimension", () => {
    for (const { name, dimensions } of emitted)
      expect(Object.keys(dimensions).length, name).toBeGreaterThan(0);
  });
});

describe.each<[string, string | null]>([
  ["a stage with its own database", "dev-noctuary-database"],
  ["a stage with somebody else's database", null],
])("%s", (_, databaseInstance) => {
  const place: Place = {
    named: (name) => `dev-noctuary-${name}`,
    configuration: configurationOf("staging", { staging: {} }),
    functions: WATCHED_FUNCTIONS,
    databaseInstance,
  };
  const own = (metrics: { namespace: string; name: string; dimensions: object }[]) =>
    metrics.filter(({ namespace }) => namespace === "Noctuary");

  test("every alarm watches what is really told", () => {
    const keys = emittedKeys();
    const watched = own(alarmList(place).map(({ metric }) => metric));
    expect(watched.length).toBeGreaterThan(30);
    for (const { name, dimensions } of watched) expect(keys).toContain(keyOf(name, dimensions));
  });

  test("every widget shows what is really told", () => {
    const keys = emittedKeys();
    const body = dashboardBody(place, { region: "us-east-1", account: "123456789012" });
    const shown = own(metricsOf(body));
    expect(shown.length).toBeGreaterThan(60);
    for (const { name, dimensions } of shown) expect(keys).toContain(keyOf(name, dimensions));
    expect(searchesOf(body)).toEqual([
      { name: "TasksFailed", dimensions: ["job", "step", "code"] },
      { name: "TasksRetried", dimensions: ["job", "step", "code"] },
    ]);
    for (const { name, dimensions } of searchesOf(body)) {
      const found = emitted.filter((one) => one.name === name);
      expect(found.length, name).toBeGreaterThan(0);
      for (const one of found) expect(Object.keys(one.dimensions)).toEqual(dimensions);
    }
  });

  test("every metric there is can be seen on the dashboard", () => {
    const body = dashboardBody(place, { region: "us-east-1", account: "123456789012" });
    const shown = new Set([...metricsOf(body), ...searchesOf(body)].map(({ name }) => name));
    const hidden = Object.keys(metricDefinitions).filter((name) => !shown.has(name));
    // Watched by an alarm alone: a call with the old secret is somebody's mistake, not a trend.
    expect(hidden).toEqual(["PreviousSecretCalls"]);
  });
});
