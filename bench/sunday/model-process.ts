/** A language model in a process of its own that answers with one true sentence, at once or soon, and counts who asks. */
import { setTimeout as delay } from "node:timers/promises";
import { startChatServer } from "../../test/support/chat-server.ts";
import { honest } from "../../test/support/honest-model.ts";
import { serveParent } from "../throughput/child.ts";

export interface ModelCounts {
  url: string;
  requests: number;
  mostAtOnce: number;
}

const latencyMs = Number(process.env.LATENCY_MS);
let requests = 0;
const server = await startChatServer(async (request) => {
  requests += 1;
  // The server keeps every request for tests to look at; these are too many.
  server.requests.length = 0;
  if (latencyMs > 0) await delay(latencyMs);
  return honest(request);
});

serveParent(() => ({ url: server.url, requests, mostAtOnce: server.mostAtOnce }) satisfies ModelCounts);
