import { setTimeout as delay } from "node:timers/promises";
import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { userStep } from "@noctuary/core/job";
import { openaiLlm } from "@noctuary/core/llm/openai";
import { embed } from "@noctuary/core/nightly-cluster/embed";
import { sharedPolicies } from "@noctuary/core/provider/policy-source";
import { realTiming, type Timing } from "@noctuary/core/provider/retry";
import { workOnTask } from "@noctuary/core/runtime/work-on-task";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { startChatServer } from "../support/chat-server.ts";
import { ownLedgerClock } from "../support/ledger-clock.ts";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { openTestDatabase } from "../support/test-database.ts";
import { figures } from "./figures.ts";

const WORKERS = 50;
const START = Date.parse("2026-11-02T07:00:00Z");
const DOWN_MS = 30 * 60_000;
const PROBE_MS = 30_000;

test("a provider that is down for half an hour costs fifty workers time only, and hears from one of them in 30 s", async () => {
  const database = await openTestDatabase({ maxConnections: 20 });
  const clock = await ownLedgerClock(database, START);
  const heard: number[] = [];
  const isDown = () => clock.now() < START + DOWN_MS;
  const server = await startOpenAiServer({
    nativeDimensions: 64,
    misbehave: () => {
      if (!isDown()) return undefined;
      heard.push(clock.now());
      return { status: 503 };
    },
  });
  const chat = await startChatServer(() => ({ content: { word: "there" } }));
  for (let i = 0; i < WORKERS; i++) await putNotes(database, `user-${i}`, themedNotes(3));
  // Waits within a worker are a few seconds: they pass a hundred times as fast, and the clock stands still over them.
  const timing: Timing = { ...realTiming, sleep: (ms) => delay(ms / 100), now: clock.now };
  const night = await openNight(database, {
    wrap: (context) => ({ ...context, embedder: embedderOfOneWorker() }),
  });
  onTestFinished(async () => {
    await night.close();
    await chat.close();
    await server.close();
    await database.close();
  });
  function embedderOfOneWorker() {
    const policy = sharedPolicies(
      database.db,
      timing,
    )({
      baseUrl: server.url,
      model: "a-model",
      tokensPerMinute: undefined,
      requestsPerMinute: undefined,
    });
    return openaiEmbedder({ baseUrl: server.url, model: "a-model", dimensions: 64, timing, policy });
  }
  const fleet = Array.from({ length: WORKERS }, () => ({
    ...night.context,
    embedder: embedderOfOneWorker(),
  }));
  const step = userStep(embed);

  await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  let rounds = 0;
  for (;;) {
    const due = await database.query<{ id: string }>(`select id from noctuary.task
      where step = 'embed' and status = 'pending' and (not_before is null or not_before <= noctuary.ledger_clock())`);
    await Promise.all(due.map(({ id }, i) => workOnTask(fleet[i % WORKERS]!, step, id, () => 100_000)));
    const [next] = await database.query<{
      at: number | null;
    }>(`select extract(epoch from min(not_before))::float8 * 1000
      as at from noctuary.task where step = 'embed' and status = 'pending'`);
    if (next!.at === null) break;
    if (rounds === 20) {
      // The language model of the same endpoint is another model, and answers.
      const policy = sharedPolicies(
        database.db,
        timing,
      )({
        baseUrl: chat.url,
        model: "a-chat-model",
        tokensPerMinute: undefined,
        requestsPerMinute: undefined,
      });
      const llm = openaiLlm({ baseUrl: chat.url, model: "a-chat-model", timing, policy });
      const question = {
        name: "q",
        instructions: "Say a word.",
        material: {},
        answer: z.object({ word: z.string() }),
        maxAnswerTokens: 10,
      };
      expect(await llm.ask(question, { signal: AbortSignal.timeout(10_000) })).toHaveProperty("value");
    }
    await clock.set(Math.max(clock.now() + 1, next!.at));
    expect(++rounds).toBeLessThan(20_000);
  }

  const tasks = await database.query<{ status: string; attempts: number; n: number }>(
    "select status, max(attempts)::int as attempts, count(*)::int as n from noctuary.task where step = 'embed' group by 1",
  );
  const opened = heard.filter((at) => at === heard[0]).length;
  const probes = heard.filter((at) => at > heard[0]!);
  const closest = Math.min(...probes.slice(1).map((at, i) => at - probes[i]!));
  figures(`provider down for 30 minutes, ${WORKERS} workers`, {
    "requests until the breaker opened": opened,
    "probes after that": probes.length,
    "closest two, in s": closest / 1000,
    "tasks done": tasks[0]!.n,
    "most attempts of one": tasks[0]!.attempts,
  });
  expect(closest).toBeGreaterThanOrEqual(PROBE_MS);
  expect(probes.length).toBeGreaterThan(30);
  expect(tasks).toEqual([{ status: "done", attempts: expect.any(Number), n: WORKERS }]);
  for (const queue of ["embed", "cluster", "nightly-cluster"] as const)
    expect(await night.deadLetters(queue)).toEqual([]);
  expect(
    await database.query("select 1 from noctuary.note_embedding where content_hash is not null"),
  ).toHaveLength(WORKERS * 3);
});
