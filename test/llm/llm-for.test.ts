import { llmFor } from "@noctuary/core/llm/llm-for";
import { resolveSettings } from "@noctuary/core/settings";
import { expect, test } from "vitest";
import * as z from "zod";
import { startChatServer } from "../support/chat-server.ts";

const llmWith = (values: Record<string, unknown>) =>
  llmFor(resolveSettings([{ origin: "test", values }]).settings);

test("a key alone chooses no language model, nor does an embedding provider", () => {
  expect(llmWith({})).toBeNull();
  expect(llmWith({ openaiApiKey: "sk-1", llmApiKey: "sk-2" })).toBeNull();
  expect(llmWith({ embedder: "openai", openaiApiKey: "sk-1" })).toBeNull();
  expect(llmWith({ llm: "openai", openaiApiKey: "sk-1" })).toMatchObject({ model: "gpt-4.1-mini" });
});

const askedKey = async (own: (url: string) => Record<string, unknown>) => {
  await using server = await startChatServer(() => ({ content: { name: "Rye" } }));
  const llm = llmWith({ llm: "openai", ...own(server.url) })!;
  await llm.ask(
    {
      name: "name",
      instructions: "Name it.",
      material: {},
      answer: z.object({ name: z.string() }),
      maxAnswerTokens: 9,
    },
    { signal: new AbortController().signal },
  );
  return server.requests[0]!.headers.authorization;
};

test("URL and key are the embedder's where it has none of its own", async () => {
  expect(await askedKey((url) => ({ openaiBaseUrl: url, openaiApiKey: "sk-1" }))).toBe("Bearer sk-1");
  expect(await askedKey((url) => ({ openaiBaseUrl: url, openaiApiKey: "sk-1", llmApiKey: "sk-2" }))).toBe(
    "Bearer sk-2",
  );
});

test("the embedder's key never goes to another host", async () => {
  expect(await askedKey((url) => ({ llmBaseUrl: url, openaiApiKey: "sk-1" }))).toBeUndefined();
});
