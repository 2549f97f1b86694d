import { loadOpenAiTokenCounter } from "@noctuary/core/embedding/count-tokens";
import { asLedger } from "@noctuary/db/access";
import { accountForNotes, noteStates } from "@noctuary/db/notes/note-account";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type ChatReply, type ChatServer, materialOf, startChatServer } from "../support/chat-server.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { type OpenAiServer, startOpenAiServer, tokensOf } from "../support/openai-server.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const model = { model: "text-embedding-3-small", dimensions: 64 };
const A_DOLLAR_A_TOKEN = "1000000";

let database: TestDatabase;
let provider: OpenAiServer;
let night: Night;

beforeEach(async () => {
  database = await openTestDatabase();
  provider = await startOpenAiServer();
});
afterEach(async () => {
  await night.close();
  await provider.close();
  await database.close();
});

/** A night whose embedder takes a dollar a token, and ten notes at once. */
async function open(environment: Record<string, string> = {}): Promise<void> {
  night = await openNight(database, {
    environment: {
      NOCTUARY_EMBEDDER: "openai",
      OPENAI_BASE_URL: provider.url,
      NOCTUARY_REQUESTS_IN_FLIGHT: "1",
      NOCTUARY_EMBED_BATCH_NOTES: "10",
      NOCTUARY_USD_PER_MILLION_TOKENS: A_DOLLAR_A_TOKEN,
      ...environment,
    },
  });
}

async function reopen(environment: Record<string, string>): Promise<void> {
  await night.close();
  await open(environment);
}

const notes = themedNotes(30);
const account = () => asLedger(database.db, (tx) => accountForNotes(tx, model));
const waiting = async () =>
  (await asLedger(database.db, (tx) => noteStates(tx, model))).filter(({ state }) => state === "pending");
/** What the provider billed, at a dollar a token. */
const billed = () =>
  provider.requests.reduce((sum, { input }) => sum + input.reduce((all, text) => all + tokensOf(text), 0), 0);
/** What stands for the tokens of so few bytes where the money is ample. */
const bytesOf = (count: number) =>
  notes.slice(0, count).reduce((sum, { title, body }) => sum + Buffer.byteLength(`${title}\n\n${body}`), 0);
/** What stands for them where it is not: they are counted. */
const countTokens = await loadOpenAiTokenCounter();
const tokensOfNotes = (count: number) =>
  notes.slice(0, count).reduce((sum, { title, body }) => sum + countTokens(`${title}\n\n${body}`), 0);
/** The month that everything so far was paid in is over. */
const endMonth = async () => {
  await database.query("update noctuary.budget_month set month = month - interval '2 months'");
  await database.query("update noctuary.usage set day = day - interval '2 months'");
};

describe("a budget that does not suffice for a night", () => {
  test("is used for what it pays for; the rest waits with its reason, nothing fails, and clustering goes on", async () => {
    const budget = tokensOfNotes(15);
    await open({ NOCTUARY_MONTHLY_BUDGET_USD: String(budget) });
    await putNotes(database, "u", notes);
    const run = await night.run();
    expect(run).toMatchObject({ status: "done", error: null, totals: { failedTasks: 0 } });
    const { embedded = 0, waitForBudget } = run.totals;
    expect(embedded).toBeGreaterThanOrEqual(10);
    expect(embedded).toBeLessThan(30);
    expect(billed()).toBeLessThanOrEqual(budget);
    expect(waitForBudget).toBe(30 - embedded);
    expect(run.totals.topics).toBeGreaterThan(0);
    expect(await account()).toMatchObject({ notes: 30, embedded, failed: 0, pending: 30 - embedded });
    expect(await waiting()).toMatchObject([{ reason: "budget_spent_total", notes: 30 - embedded }]);
    expect(await night.told()).toContain("notes wait for a budget");
  });

  test("another night of the same month says since when, and asks for nothing it cannot pay", async () => {
    await open({ NOCTUARY_MONTHLY_BUDGET_USD: "0" });
    await putNotes(database, "u", notes);
    expect((await night.run()).totals).toMatchObject({ waitForBudget: 30 });
    const [first] = await waiting();
    expect((await night.run()).totals).toMatchObject({ waitForBudget: 30 });
    expect(await waiting()).toEqual([first]);
    expect(provider.requests).toEqual([]);
  });

  test.each([
    ["the next month", endMonth, {}],
    ["a larger budget", async () => {}, { NOCTUARY_MONTHLY_BUDGET_USD: "1000000" }],
    ["no budget", async () => {}, { NOCTUARY_MONTHLY_BUDGET_USD: "" }],
  ])("%s embeds what waited, and nothing is paid twice", async (_, happens, environment) => {
    await open({ NOCTUARY_MONTHLY_BUDGET_USD: String(tokensOfNotes(30) * 0.8) });
    await putNotes(database, "u", notes);
    const { embedded = 0 } = (await night.run()).totals;
    await happens();
    await reopen({ NOCTUARY_MONTHLY_BUDGET_USD: String(tokensOfNotes(30) * 0.8), ...environment });
    for (let nights = 0; (await account()).pending > 0 && nights < 3; nights++) await night.run();
    expect(embedded).toBeGreaterThan(0);
    expect(await account()).toMatchObject({ embedded: 30, pending: 0 });
    expect(provider.inputs).toBe(30);
  });

  test("what was embedded before is found again without a dollar", async () => {
    await open();
    await putNotes(database, "u", notes);
    await night.run();
    await reopen({ NOCTUARY_MONTHLY_BUDGET_USD: "0" });
    await putNotes(
      database,
      "u",
      notes.map((note) => ({ ...note, id: `moved-${note.id}` })),
    );
    expect((await night.run()).totals).toMatchObject({ embedded: 0, reused: 30 });
    expect(await account()).toMatchObject({ pending: 0 });
  });
});

test.each([
  ["beside one that holds for each", { NOCTUARY_USER_MONTHLY_BUDGET_USD: String(tokensOfNotes(30) * 2) }],
  ["where there is no other", {}],
])("one user's budget stops that user alone, %s", async (_, environment) => {
  await open(environment);
  await putNotes(database, "ann", notes);
  await putNotes(database, "bob", notes);
  await database.query("insert into noctuary.user_setting (user_id, monthly_budget_usd) values ('ann', 0)");
  const run = await night.run();
  expect(run).toMatchObject({ status: "done", totals: { embedded: 30, waitForBudget: 30 } });
  expect(await waiting()).toMatchObject([{ reason: "budget_spent_user", notes: 30 }]);
  expect(
    await database.query("select distinct user_id from noctuary.cluster_membership"),
    "whoever has vectors is clustered",
  ).toEqual([{ user_id: "bob" }]);
});

test("a model whose price nobody knows is not asked under a budget, and the reason says what to set", async () => {
  await open({
    NOCTUARY_MONTHLY_BUDGET_USD: "1000000",
    NOCTUARY_USD_PER_MILLION_TOKENS: "",
    NOCTUARY_EMBEDDING_MODEL: "a-model-of-ours",
  });
  await putNotes(database, "u", notes);
  expect(await night.run()).toMatchObject({ status: "done", totals: { waitForBudget: 30 } });
  expect(provider.requests).toEqual([]);
  await reopen({
    NOCTUARY_MONTHLY_BUDGET_USD: "0",
    NOCTUARY_USD_PER_MILLION_TOKENS: "0",
    NOCTUARY_EMBEDDING_MODEL: "a-model-of-ours",
  });
  expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 30 } });
});

test("a request that failed without being worked on gives its money back; one that broke off keeps it", async () => {
  await open({ NOCTUARY_MONTHLY_BUDGET_USD: "10000000", NOCTUARY_EMBED_BATCH_NOTES: "50" });
  await putNotes(database, "u", notes);
  const budgetMonth = async () =>
    (
      await database.query<{ spent: number; reserved: number }>(
        "select spent_usd::float8 as spent, reserved_usd::float8 as reserved from noctuary.budget_month",
      )
    )[0];
  provider.options.misbehave = (_, n) => (n <= 2 ? { status: 500 } : undefined);
  await night.run();
  const once = billed() / 3;
  expect(await budgetMonth()).toEqual({ spent: once, reserved: 0 });
  await putNotes(database, "v", notes);
  provider.reset();
  provider.options.misbehave = (_, n) => (n === 1 ? "half" : undefined);
  await night.run();
  expect(await budgetMonth()).toEqual({ spent: 2 * once + bytesOf(30), reserved: 0 });
});

describe("with a language model", () => {
  let chat: ChatServer;
  beforeEach(async () => {
    chat = await startChatServer((request): ChatReply => {
      const { groups } = materialOf(request) as { groups: { group: number; keyphrases: string[] }[] };
      const names = groups.map(({ group, keyphrases: [first, second] }) => ({
        group,
        name: `${second} and ${first}`,
      }));
      return { content: { names } };
    });
  });
  afterEach(() => chat.close());
  const namedBy = async () =>
    (
      await database.query<{ named_by: string }>(
        "select distinct named_by from noctuary.cluster where retired_at is null order by 1",
      )
    ).map(({ named_by }) => named_by);
  const withModel = (budgetUsd: number) => ({
    NOCTUARY_LLM: "openai",
    NOCTUARY_LLM_BASE_URL: chat.url,
    NOCTUARY_USD_PER_MILLION_TOKENS: "1",
    NOCTUARY_DIMENSIONS: "256",
    NOCTUARY_MONTHLY_BUDGET_USD: String(budgetUsd),
  });

  test("at four fifths of the budget names are plain while notes still get their vectors; with room again they are given", async () => {
    await open(withModel(10));
    await database.query(
      `insert into noctuary.budget_month (user_id, month, spent_usd)
       values ('', date_trunc('month', clock_timestamp() at time zone 'UTC')::date, 8)`,
    );
    await putNotes(database, "u", notes);
    const run = await night.run();
    expect(run).toMatchObject({ status: "done", totals: { embedded: 30, failedTasks: 0 } });
    expect(chat.requests).toEqual([]);
    expect(await namedBy()).toEqual(["noctuary"]);
    await database.query("update noctuary.budget_month set spent_usd = 7");
    await night.run();
    expect(await namedBy()).toEqual(["llm"]);
    expect(provider.inputs).toBe(30);
  });

  test("what a language model costs is held against the same budget", async () => {
    await open(withModel(10));
    await putNotes(database, "u", notes);
    const run = await night.run();
    expect(await namedBy()).toEqual(["llm"]);
    const [total] = await database.query<{ spent: number; reserved: number }>(
      "select spent_usd::float8 as spent, reserved_usd::float8 as reserved from noctuary.budget_month where user_id = ''",
    );
    expect(total!.reserved).toBe(0);
    expect(total!.spent).toBeCloseTo(run.costUsd!, 9);
  });
});
