/** An embeddings API in a process of its own, as a provider is: it takes no time from whoever asks it. */
import { type OpenAiServerOptions, startOpenAiServer } from "../../test/support/openai-server.ts";
import { serveParent } from "./child.ts";

/** How the provider behaves from now on. */
export interface ProviderBehaviour {
  latencyMs?: number;
  /** A request with a text that holds this is refused. */
  poison?: string;
  /** Of so many requests the first is answered with 429 and the wish to be left alone for a second. */
  limitsOneIn?: number;
}

export interface ProviderCounts {
  url: string;
  requests: number;
  inputs: number;
  mostAtOnce: number;
}

const server = await startOpenAiServer();
let counted = { requests: 0, inputs: 0 };

serveParent<ProviderBehaviour | "count">((message) => {
  if (message !== "count") behave(message);
  return { url: server.url, ...counted, mostAtOnce: server.mostAtOnce } satisfies ProviderCounts;
});

function behave({ latencyMs = 0, poison, limitsOneIn }: ProviderBehaviour): void {
  server.reset();
  counted = { requests: 0, inputs: 0 };
  const options: OpenAiServerOptions = {
    latencyMs,
    poison: (text) => poison !== undefined && text.includes(poison),
    misbehave(request) {
      counted.requests += 1;
      counted.inputs += request.input.length;
      // The server keeps every request for tests to look at; these are too many.
      server.requests.length = 0;
      const isLimited = limitsOneIn !== undefined && (counted.requests - 1) % limitsOneIn === 0;
      return isLimited
        ? { status: 429, code: "rate_limit_exceeded", headers: { "retry-after": "1" } }
        : undefined;
    },
  };
  Object.assign(server.options, options);
}
