import { asLedger } from "@noctuary/db/access";
import { accountForNotes, noteStates } from "@noctuary/db/notes/note-account";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { type OpenAiServer, type OpenAiServerOptions, startOpenAiServer } from "../support/openai-server.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const KEY = "sk-canary-of-a-key";
const model = { model: "text-embedding-3-small", dimensions: 64 };

let database: TestDatabase;
let provider: OpenAiServer;
let night: Night;

beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  await night.close();
  await provider.close();
  await database.close();
});

/** A night whose notes go to an OpenAI-compatible server over HTTP. */
async function open(options: OpenAiServerOptions, environment: Record<string, string> = {}): Promise<void> {
  provider = await startOpenAiServer(options);
  night = await openNight(database, {
    environment: {
      NOCTUARY_EMBEDDER: "openai",
      OPENAI_BASE_URL: provider.url,
      OPENAI_API_KEY: KEY,
      NOCTUARY_REQUESTS_IN_FLIGHT: "2",
      ...environment,
    },
  });
}

const account = () => asLedger(database.db, (tx) => accountForNotes(tx, model));
const notes = themedNotes(30);
const POISON = "note-00007";
const withPoison = notes.map((note) =>
  note.id === POISON ? { ...note, body: `${note.body} XPOISONX` } : note,
);
const isPoisoned = (text: string) => text.includes("XPOISONX");

describe("a night with a paid provider", () => {
  test("every note is embedded once, in one request, and the second night asks nobody", async () => {
    await open({});
    await putNotes(database, "u", notes);
    const first = await night.run();
    expect(first).toMatchObject({ status: "done", totals: { embedded: 30, requests: 1 } });
    expect(first.costUsd).toBeGreaterThan(0);
    expect(provider.requests[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
    const second = await night.run();
    expect(second).toMatchObject({ status: "done", costUsd: 0, totals: { unchanged: 30 } });
    expect(provider.requests).toHaveLength(1);
    const usage = await database.query("select inputs, requests, tokens::int as tokens from noctuary.usage");
    expect(usage).toMatchObject([{ inputs: 30, requests: 1, tokens: first.totals.tokens }]);
  });

  test("one poison note is named and the others are stored; the next night does not ask again", async () => {
    await open({ poison: isPoisoned });
    await putNotes(database, "u", withPoison);
    const run = await night.run();
    expect(run).toMatchObject({ status: "done", totals: { embedded: 29, failedNotes: 1 } });
    expect(await account()).toMatchObject({ notes: 30, embedded: 29, failed: 1, pending: 0 });
    const asked = provider.requests.length;
    await night.run();
    expect(provider.requests).toHaveLength(asked);

    // Mended, it is asked for again; it alone.
    await putNotes(database, "u", [{ ...notes[7]!, updatedAt: "2026-11-20T00:00:00Z" }]);
    await night.run();
    expect(await account()).toMatchObject({ embedded: 30, failed: 0 });
    expect(provider.requests.at(-1)!.input).toHaveLength(1);
  });

  test("a refused key stops the embeds of the run; what was stored before is clustered", async () => {
    await open(
      { misbehave: (_, n) => (n > 1 ? { status: 401, code: "invalid_api_key" } : undefined) },
      {
        NOCTUARY_EMBED_BATCH_NOTES: "10",
      },
    );
    await putNotes(database, "u", notes);
    const run = await night.run();
    expect(run).toMatchObject({ status: "partial", error: { code: "provider_key_refused" } });
    expect(run.totals.topics).toBeGreaterThan(0);
    // The first batch was answered, the second refused, the third not asked for.
    expect(provider.requests).toHaveLength(2);
    expect(await account()).toMatchObject({ embedded: 10, pending: 20 });
  });

  test("a provider that asks for a long wait costs no attempt", async () => {
    await open({
      misbehave: (_, n) => (n <= 5 ? { status: 429, headers: { "retry-after": "3600" } } : undefined),
    });
    await putNotes(database, "u", notes);
    // Five waits, more than a task has attempts; the harness makes due what waits.
    expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 30 } });
    const rows = await database.query("select attempts, status from noctuary.task where step = 'embed'");
    expect(rows).toEqual([{ attempts: 1, status: "done" }]);
  });

  test("a provider that puts the work off without end stops the run's embeds; what was stored is clustered", async () => {
    await open(
      { misbehave: (_, n) => (n > 1 ? { status: 429, headers: { "retry-after": "3600" } } : undefined) },
      { NOCTUARY_EMBED_BATCH_NOTES: "10", NOCTUARY_PROVIDER_WAIT_MS: "1" },
    );
    await putNotes(database, "u", notes);
    const run = await night.run();
    expect(run).toMatchObject({ status: "partial", error: { code: "provider_rate_limited" } });
    expect(run.totals.topics).toBeGreaterThan(0);
    expect(await account()).toMatchObject({ embedded: 10, pending: 20 });
    const states = await asLedger(database.db, (tx) => noteStates(tx, model));
    expect(states).toContainEqual(
      expect.objectContaining({ state: "pending", reason: "provider_rate_limited", notes: 20 }),
    );

    provider.options.misbehave = () => undefined;
    expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 20 } });
    expect(await account()).toMatchObject({ embedded: 30, pending: 0 });
  });

  test("ten thousand identical notes are one input, and each has its vector", async () => {
    await open({});
    const [note] = notes;
    await putNotes(
      database,
      "u",
      Array.from({ length: 10_000 }, (_, i) => ({ ...note!, id: `copy-${i}` })),
    );
    expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 1, reused: 9_999 } });
    expect(provider.inputs).toBe(1);
    expect(await account()).toMatchObject({ notes: 10_000, embedded: 10_000 });
    const [placed] = await database.query<{ n: number }>(
      "select count(*)::int as n from noctuary.cluster_membership",
    );
    expect(placed!.n).toBe(10_000);
  });

  test("a provider that fails three times is asked again later, and every note ends embedded", async () => {
    // Three refusals of one request fail the attempt.
    let refusals = 0;
    await open({
      maxInputs: 10,
      misbehave: (request) => {
        const isSecond = request.input.some((text) => text.includes("(note-00015)"));
        return isSecond && refusals++ < 3 ? { status: 503 } : undefined;
      },
    });
    await putNotes(
      database,
      "u",
      notes.map((note) => ({ ...note, title: `${note.title} (${note.id})` })),
    );
    expect(await night.run()).toMatchObject({ status: "done" });
    expect(await account()).toMatchObject({ embedded: 30 });
  });

  test("wrong vectors are never stored", async () => {
    await open({ misbehave: () => ({ dimensions: 63 }) });
    await putNotes(database, "u", notes);
    expect(await night.run()).toMatchObject({
      status: "partial",
      error: { code: "provider_wrong_dimensions" },
    });
    expect(await account()).toMatchObject({ embedded: 0, pending: 30 });
  });

  test("tokenizer specials are text, and a long note is pooled from its parts", async () => {
    await open({}, { NOCTUARY_MAX_INPUT_TOKENS: "100" });
    const long = Array.from({ length: 60 }, (_, i) => `Paragraph ${i} about sourdough and rye.`).join("\n\n");
    await putNotes(database, "u", [
      { id: "special", title: "Tokens", body: "What <|endoftext|> means, and <|im_start|> too" },
      { id: "long", title: "Long", body: long },
    ]);
    expect(await night.run()).toMatchObject({ totals: { embedded: 2, failedNotes: 0 } });
    const sent = provider.requests.flatMap((request) => request.input);
    expect(sent.some((text) => text.includes("<|endoftext|>"))).toBe(true);
    for (let i = 0; i < 60; i++)
      expect(sent.filter((text) => text.includes(`Paragraph ${i} `))).toHaveLength(1);
  });

  test("a dry run asks nobody", async () => {
    await open({});
    await putNotes(database, "u", [...notes, { ...notes[3]!, id: "copy-of-3" }]);
    const run = await night.run({ dryRun: true });
    expect(run.totals).toMatchObject({ toEmbed: 31, inputs: 30 });
    expect(run.totals.bytes).toBeGreaterThan(0);
    expect(provider.requests).toHaveLength(0);
  });
});
