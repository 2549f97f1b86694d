import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { asLedger } from "@noctuary/db/access";
import { accountForNotes } from "@noctuary/db/notes/note-account";
import { afterAll, expect, test } from "vitest";
import { expireLeases, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { startOpenAiServer, tokensOf } from "../support/openai-server.ts";
import { openTestDatabase } from "../support/test-database.ts";
import { figures } from "./figures.ts";

const SCHEDULED = "2026-11-02T07:00:00Z";
const NOTES = 30;
const A_DOLLAR_A_TOKEN = "1000000";

const running = new Set<ChildProcess>();
afterAll(() => {
  for (const child of running) child.kill("SIGKILL");
});

async function fleet(): Promise<ChildProcess> {
  const child = fork(new URL("../support/fleet-process.ts", import.meta.url), { execArgv: [] });
  running.add(child);
  await once(child, "message");
  child.send({ scheduledTime: SCHEDULED });
  return child;
}

async function kill(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  running.delete(child);
}

test("a worker that is killed after money was set aside and before anybody knows what it cost leaves it set aside", async () => {
  const database = await openTestDatabase();
  // The first request is worked on and billed; its answer never comes.
  const provider = await startOpenAiServer({
    nativeDimensions: 64,
    misbehave: (_, number) => (number === 1 ? "hangs" : undefined),
  });
  const night = await openNight(database, {
    environment: {
      NOCTUARY_EMBEDDER: "openai",
      OPENAI_BASE_URL: provider.url,
      NOCTUARY_REQUESTS_IN_FLIGHT: "1",
      NOCTUARY_EMBED_BATCH_NOTES: String(NOTES),
      NOCTUARY_USD_PER_MILLION_TOKENS: A_DOLLAR_A_TOKEN,
      NOCTUARY_MONTHLY_BUDGET_USD: "1000000",
    },
  });
  await putNotes(database, "u", themedNotes(NOTES));
  const budget = async () =>
    (
      await database.query<{ spent: number; reserved: number }>(
        "select spent_usd::float8 as spent, reserved_usd::float8 as reserved from noctuary.budget_month",
      )
    )[0]!;
  const first = await fleet();
  while (provider.requests.length === 0) await delay(5);
  const setAside = await budget();
  expect(setAside.spent).toBe(0);
  expect(setAside.reserved).toBeGreaterThan(0);
  await kill(first);
  await expireLeases(database);
  const second = await fleet();
  const isEnded = async () =>
    (await database.query("select 1 from noctuary.run where status = 'done'")).length > 0;
  while (!(await isEnded())) await delay(10);
  const texts = provider.requests.slice(1).flatMap(({ input }) => input);
  const billedAgain = texts.reduce((sum, text) => sum + tokensOf(text), 0);
  expect(await budget()).toEqual({ spent: billedAgain, reserved: setAside.reserved });
  const model = { model: "text-embedding-3-small", dimensions: 64 };
  expect(await asLedger(database.db, (tx) => accountForNotes(tx, model))).toMatchObject({
    embedded: NOTES,
    pending: 0,
  });
  const billed = 2 * billedAgain;
  expect(billedAgain + setAside.reserved).toBeGreaterThanOrEqual(billed);
  figures("killed between setting dollars aside and settling them", {
    "billed, in tokens at a dollar": billed,
    counted: billedAgain + setAside.reserved,
    "notes lost": 0,
  });
  await kill(second);
  await night.close();
  await provider.close();
  await database.close();
});
