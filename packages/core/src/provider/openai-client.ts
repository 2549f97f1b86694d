import type OpenAI from "openai";
import { type AnswerHeaders, nodeFetch, type TextRequest } from "./node-fetch.ts";

export interface ClientOptions {
  /** With the query that each request has. */
  url: URL;
  apiKey: string | undefined;
  /** Hears of the headers of each answer. */
  sawHeaders: (headers: AnswerHeaders) => void;
}

/**
 * The SDK, loaded at the first request. What it would read from the environment or do on its own is all switched off:
 * retries, other accounts' ids, and a debug log that prints the request.
 */
export async function loadOpenAi({ url, apiKey, sawHeaders }: ClientOptions): Promise<OpenAI> {
  const { default: OpenAI } = await import("openai");
  const bare = new URL(url);
  bare.search = "";
  bare.hash = "";
  const client = new OpenAI({
    apiKey: apiKey ?? "none",
    organization: null,
    project: null,
    baseURL: bare.href.replace(/\/+$/, ""),
    defaultQuery: Object.fromEntries(url.searchParams),
    maxRetries: 0,
    timeout: 2 ** 31 - 1,
    logLevel: "off",
    fetch: (url, init) => nodeFetch(String(url), init as unknown as TextRequest, sawHeaders),
  });
  const headers = {
    accept: "application/json",
    "content-type": "application/json",
    "user-agent": "Noctuary",
    ...authentication(url, apiKey),
  };
  // The SDK's own tells each provider which machine, system and runtime asks, and takes a fifth of a millisecond for it
  // (docs/benchmarks.md). Of what a request may say beside its body, only the signal is heeded.
  client.buildRequest = async ({ method, path, query, body, signal }) => ({
    url: client.buildURL(path, query as Record<string, unknown> | undefined),
    timeout: client.timeout,
    req: { method, headers, body: JSON.stringify(body), signal } as never,
  });
  return client;
}

/** Azure's hosts: its public cloud with its API gateways, its government's and China's. */
const azureHost = /\.(?:azure\.com|azure-api\.net|azure\.us|azure\.cn)$/;

/** Azure wants its keys in a header of its own. */
function authentication(url: URL, apiKey: string | undefined): Record<string, string> {
  if (apiKey === undefined) return {};
  return azureHost.test(url.hostname) ? { "api-key": apiKey } : { authorization: `Bearer ${apiKey}` };
}
