/** An embeddings API in a process of its own, as a provider is: it takes no time from whoever asks it. */
import { type OpenAiServerOptions, startOpenAiServer } from "../../test/support/openai-server.ts";
import { serveParent } from "./child.ts";

/** How the provider behaves from now on. */
export interface ProviderBehaviour {
  latencyMs?: number;
  /** A request with a text that holds this is refused. */
  poison?: string;
  /** Of ten requests one is answered with 429, with the wish to be left alone for so long where it is given. */
  limits?: { restSeconds?: number };
}

export interface ProviderCounts {
  url: string;
  requests: number;
  inputs: number;
  mostAtOnce: number;
  /** For how long it wanted to be left alone in all. */
  restMs: number;
  /** Requests that came meanwhile. */
  inRest: number;
}

const LIMITED_ONE_IN = 10;
const server = await startOpenAiServer();
let counted = { requests: 0, inputs: 0, restMs: 0, inRest: 0 };
/** Counted over all nights: one night's few requests would be refused at the same places each time. */
let limited = 0;

serveParent<ProviderBehaviour | "count">((message) => {
  if (message !== "count") behave(message);
  return { url: server.url, ...counted, mostAtOnce: server.mostAtOnce } satisfies ProviderCounts;
});

function behave({ latencyMs = 0, poison, limits }: ProviderBehaviour): void {
  server.reset();
  counted = { requests: 0, inputs: 0, restMs: 0, inRest: 0 };
  let restUntil = 0;
  const options: OpenAiServerOptions = {
    latencyMs,
    poison: (text) => poison !== undefined && text.includes(poison),
    misbehave(request) {
      const now = performance.now();
      counted.requests += 1;
      counted.inputs += request.input.length;
      if (now < restUntil) counted.inRest += 1;
      // The server keeps every request for tests to look at; these are too many.
      server.requests.length = 0;
      if (limits === undefined || limited++ % LIMITED_ONE_IN !== LIMITED_ONE_IN >> 1) return undefined;
      const { restSeconds = 0 } = limits;
      const until = now + restSeconds * 1_000;
      counted.restMs += Math.max(0, until - Math.max(now, restUntil));
      restUntil = Math.max(restUntil, until);
      const headers = restSeconds > 0 ? { "retry-after": String(restSeconds) } : {};
      return { status: 429, code: "rate_limit_exceeded", headers };
    },
  };
  Object.assign(server.options, options);
}
