import { sayCode } from "@noctuary/cli/render/codes";
import type { Context } from "@noctuary/core/context";
import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { realTiming } from "@noctuary/core/provider/retry";
import { asLedger } from "@noctuary/db/access";
import { noteStates } from "@noctuary/db/notes/note-account";
import { afterEach, expect, test } from "vitest";
import { CANARY } from "../support/canary.ts";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { type Misbehaviour, type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";

const database = emptiedDatabase();
let provider: OpenAiServer;
let night: Night;

afterEach(async () => {
  await night.close();
  await provider.close();
});

const nan = Buffer.from(new Float32Array(64).fill(Number.NaN).buffer).toString("base64");

const troubles: [string, Misbehaviour, string][] = [
  ["401", { status: 401 }, "provider_key_refused"],
  ["404 about the model", { status: 404, code: "model_not_found" }, "provider_model_unknown"],
  ["404 with a page", { status: 404, body: `<html>${CANARY}` }, "provider_url_wrong"],
  ["413 for a single word", { status: 413 }, "provider_request_refused"],
  ["402", { status: 402 }, "provider_quota_exhausted"],
  ["429 without end", { status: 429, headers: { "retry-after": "3600" } }, "provider_rate_limited"],
  ["429 without end, and without a wish", { status: 429 }, "provider_rate_limited"],
  ["another length", { dimensions: 63 }, "provider_wrong_dimensions"],
  ["NaN", { change: (data) => data.map((item) => ({ ...item, embedding: nan })) }, "provider_wrong_vector"],
  ["too few vectors", { change: (data) => data.slice(1) }, "provider_wrong_vector_count"],
  [
    "one place twice",
    { change: (data) => data.map((item) => ({ ...item, index: 0 })) },
    "provider_wrong_order",
  ],
  ["HTML", "html", "provider_garbled_answer"],
  ["nothing", { status: 200, body: "" }, "provider_garbled_answer"],
  ["half a body", "half", "provider_unreachable"],
  ["no answer", "hangs-up", "provider_unreachable"],
];

test.each(troubles)(
  "%s: what was stored stays, each note waits with a reason that says what to do, and the next night mends it",
  (_, misbehaviour, code) => expectMended(misbehaviour, code),
);

test("a body that stalls half way ends with the request's time, like any other failure", () =>
  expectMended("stalls", "provider_timeout", (context) => ({
    ...context,
    embedder: openaiEmbedder({
      baseUrl: provider.url,
      dimensions: 64,
      timeoutMs: 200,
      timing: { ...realTiming, sleep: async () => {} },
    }),
  })));

async function expectMended(
  misbehaviour: Misbehaviour,
  code: string,
  wrap?: (context: Context) => Context,
): Promise<void> {
  provider = await startOpenAiServer();
  night = await openNight(database, {
    environment: {
      NOCTUARY_EMBEDDER: "openai",
      OPENAI_BASE_URL: provider.url,
      NOCTUARY_PROVIDER_WAIT_MS: "1",
    },
    ...(wrap === undefined ? {} : { wrap }),
  });
  const model = night.context.embedder;
  const states = async () =>
    (await asLedger(database.db, (tx) => noteStates(tx, model))).map(({ state, reason, notes }) => [
      state,
      reason,
      notes,
    ]);
  await putNotes(database, "u", themedNotes(6));
  await night.run();
  expect(await states()).toEqual([["embedded", null, 6]]);

  await putNotes(database, "u", themedNotes(3, { from: 6 }));
  provider.options.misbehave = () => misbehaviour;
  const run = await night.run({}, "2026-11-03T07:00:00Z");
  expect(run).toMatchObject({ status: "partial" });
  expect(await states()).toEqual([
    ["embedded", null, 6],
    ["pending", code, 3],
  ]);
  expect(sayCode(code)).toMatch(/^the provider|^there is no/);

  delete provider.options.misbehave;
  expect(await night.run({}, "2026-11-04T07:00:00Z")).toMatchObject({
    status: "done",
    totals: { embedded: 3 },
  });
  expect(await states()).toEqual([["embedded", null, 9]]);
}

test("vectors in another order are each stored for their own note", async () => {
  provider = await startOpenAiServer({ misbehave: () => ({ change: (data) => data.toReversed() }) });
  night = await openNight(database, {
    environment: { NOCTUARY_EMBEDDER: "openai", OPENAI_BASE_URL: provider.url },
  });
  const notes = themedNotes(4);
  await putNotes(database, "u", notes);
  await night.run();
  const stored = async (id: string) =>
    (
      await database.query<{ v: string }>(
        "select vector::text as v from noctuary.note_embedding where note_id = $1",
        [id],
      )
    )[0]!.v;
  const reversed = await Promise.all(notes.map(({ id }) => stored(id)));
  delete provider.options.misbehave;
  await night.run({ full: true }, "2026-11-03T07:00:00Z");
  expect(await Promise.all(notes.map(({ id }) => stored(id)))).toEqual(reversed);
});
