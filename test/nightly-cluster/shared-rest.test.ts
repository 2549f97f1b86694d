import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { sharedPolicies } from "@noctuary/core/provider/policy-source";
import { expect, onTestFinished, test } from "vitest";
import { ownLedgerClock, VirtualTime } from "../support/ledger-clock.ts";
import { startOpenAiServer } from "../support/openai-server.ts";
import { openTestDatabase } from "../support/test-database.ts";

const START = Date.parse("2026-11-02T07:00:00Z");
const signal = new AbortController().signal;

/** Workers of a fleet, each with an embedder and a policy of its own, and a provider that says what it is asked when. */
async function fleet(retryAfter: string) {
  const database = await openTestDatabase();
  const clock = await ownLedgerClock(database, START);
  const time = new VirtualTime(clock);
  const asked: { text: string; afterMs: number }[] = [];
  const server = await startOpenAiServer({
    misbehave: ({ input }) => {
      asked.push({ text: input[0]!, afterMs: clock.now() - START });
      return asked.length === 1 ? { status: 429, headers: { "retry-after": retryAfter } } : undefined;
    },
  });
  onTestFinished(async () => {
    await server.close();
    await database.close();
  });
  const embedder = () => {
    const model = "text-embedding-3-small";
    const policies = sharedPolicies(database.db, time.timing);
    return openaiEmbedder({
      baseUrl: server.url,
      timing: time.timing,
      policy: policies({
        baseUrl: server.url,
        model,
        tokensPerMinute: undefined,
        requestsPerMinute: undefined,
      }),
    });
  };
  return { time, asked, embedder };
}

test("a rest that the provider asks one worker for is kept by all, and what it is too short for is not put off", async () => {
  const { time, asked, embedder } = await fleet("2");
  const [one, other] = [embedder(), embedder()];
  await time.run([
    async () => void (await one.embed(["refused"], { signal })),
    async () => {
      await time.sleep(500);
      await other.embed(["meanwhile"], { signal });
    },
  ]);
  expect(asked).toEqual([
    { text: "refused", afterMs: 0 },
    // With half of the longest spread of their waits, so that not all who wait ask at one moment.
    { text: "meanwhile", afterMs: 2_000 + 1_500 / 8 },
    { text: "refused", afterMs: 2_000 + 2_000 / 8 },
  ]);
});

test("a rest that is longer than a worker waits puts work off until its end", async () => {
  const { time, asked, embedder } = await fleet("60");
  const [one, other] = [embedder(), embedder()];
  await time.run([
    async () => {
      await expect(one.embed(["refused"], { signal })).rejects.toMatchObject({ delayMs: 60_000 });
      await time.sleep(1_000);
      await expect(other.embed(["meanwhile"], { signal })).rejects.toMatchObject({
        delayMs: 59_000 + 10_000 / 2,
      });
    },
  ]);
  expect(asked).toHaveLength(1);
});
