import dns from "node:dns";
import { openaiEmbedder } from "@noctuary/core/embedding/openai";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  type OpenAiServer,
  type OpenAiServerOptions,
  serverVector,
  startOpenAiServer,
} from "../support/openai-server.ts";

const signal = new AbortController().signal;
let server: OpenAiServer;
beforeEach(() => {
  // Every name is this machine's, so that the request goes over HTTP to where Azure's would.
  vi.spyOn(dns, "lookup").mockImplementation(((...args: unknown[]) => {
    const answer = args.at(-1) as (error: null, addresses: { address: string; family: number }[]) => void;
    answer(null, [{ address: "127.0.0.1", family: 4 }]);
  }) as never);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await server.close();
});

async function azure(host: string, path: string, options: OpenAiServerOptions = {}) {
  server = await startOpenAiServer(options);
  return openaiEmbedder({
    apiKey: "azure-key",
    baseUrl: `http://${host}:${new URL(server.url).port}${path}`,
    dimensions: 64,
    timing: { sleep: async () => {}, random: () => 0, now: () => 0 },
  });
}

test.each([
  ["mine.openai.azure.com", "/openai/deployments/embed?api-version=2024-10-21"],
  ["mine.openai.azure.com", "/openai/v1/?api-version=preview"],
  ["mine.services.ai.azure.com", "/openai/v1"],
  ["mine.cognitiveservices.azure.com", "/openai/deployments/embed/?api-version=2024-10-21"],
  ["mine.azure-api.net", "/openai/deployments/embed?api-version=2024-10-21"],
  ["mine.openai.azure.us", "/openai/deployments/embed?api-version=2024-10-21"],
])("%s%s gets its key in api-key alone, and the version with each request", async (host, path) => {
  const embedder = await azure(host, path);
  const { vectors } = await embedder.embed(["Bread"], { signal });
  expect(vectors).toEqual(serverVector("Bread", 64));
  const [request] = server.requests;
  expect(request!.headers).toMatchObject({ "api-key": "azure-key" });
  expect(request!.headers).not.toHaveProperty("authorization");
  const asked = new URL(path, "http://azure");
  expect(request!.path).toBe(`${asked.pathname.replace(/\/$/, "")}/embeddings${asked.search}`);
});

test.each(["azure.com.example.org", "notazure.com", "api.example.org"])(
  "%s is not Azure: its key is a bearer's",
  async (host) => {
    const embedder = await azure(host, "/v1");
    await embedder.embed(["Bread"], { signal });
    expect(server.requests[0]!.headers.authorization).toBe("Bearer azure-key");
    expect(server.requests[0]!.headers).not.toHaveProperty("api-key");
  },
);

test("Azure's own refusals are understood", async () => {
  const refusals = [
    [{ status: 404, code: "DeploymentNotFound" }, "provider_model_unknown"],
    [{ status: 401, code: "401" }, "provider_key_refused"],
    [{ status: 400, code: "OperationNotSupported" }, "provider_model_unknown"],
  ] as const;
  for (const [misbehaviour, code] of refusals) {
    const embedder = await azure("mine.openai.azure.com", "/openai/v1", { misbehave: () => misbehaviour });
    await expect(embedder.embed(["Bread"], { signal })).rejects.toMatchObject({ code });
    await server.close();
  }
});
