import { expect, test } from "vitest";
import { serverVector } from "../support/openai-server.ts";
import { notes, rowOf, smallVectors } from "./small-vectors.ts";

const signal = new AbortController().signal;
const endpoint = smallVectors();
const { embedderOf } = endpoint;

test("what an endpoint with a small limit has answered before it went down is not lost", async () => {
  const embedder = await embedderOf({
    maxInputs: 8,
    misbehave: ({ input }) => (input.length <= 8 && input.includes("note 12") ? { status: 503 } : undefined),
  });
  const { vectors, refused, unanswered, requests, tokens } = await embedder.embed(notes(32), { signal });
  expect(unanswered).toMatchObject({
    indexes: Array.from({ length: 24 }, (_, i) => 8 + i),
    error: { name: "ProviderError", code: "provider_failed" },
  });
  expect(refused).toEqual([]);
  for (let i = 0; i < 8; i++) expect(rowOf(vectors, i)).toEqual(serverVector(`note ${i}`, 16));
  expect(requests).toBe(endpoint.server.requests.length);
  expect(tokens).toBe((8 + 1) * 2); // and the harmless word that the endpoint was tried with
});

test("what is refused before it went down stays refused", async () => {
  const embedder = await embedderOf({
    poison: (text) => text === "note 1",
    misbehave: ({ input }) => (input.length < 8 && input.includes("note 7") ? { status: 503 } : undefined),
  });
  const { refused, unanswered } = await embedder.embed(notes(8), { signal });
  expect(refused).toEqual([{ index: 1, code: "provider_refused_400" }]);
  expect(unanswered!.indexes).toEqual([4, 5, 6, 7]);
});

test("a text that was split is answered when all of its parts are", async () => {
  const long = `${"word ".repeat(60)}\n\n${"other ".repeat(60)}`;
  const embedder = await embedderOf(
    {
      misbehave: ({ input }) => (input.some((text) => text.includes("other")) ? { status: 503 } : undefined),
    },
    { maxInputTokens: 64, maxRequestTokens: 64, requestsInFlight: 1 },
  );
  const { unanswered, vectors } = await embedder.embed(["short", long], { signal });
  expect(unanswered!.indexes).toEqual([1]);
  expect(rowOf(vectors, 0)).toEqual(serverVector("short", 16));
});

test("where nothing was answered, the call is rejected", async () => {
  const embedder = await embedderOf({ misbehave: () => ({ status: 503 }) });
  await expect(embedder.embed(["", ...notes(3)], { signal })).rejects.toMatchObject({
    name: "ProviderError",
  });
});
