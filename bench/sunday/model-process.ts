/** A language model in a process of its own that answers at once, with one true sentence, and counts who asks. */
import { startChatServer } from "../../test/support/chat-server.ts";
import { honest } from "../../test/support/honest-model.ts";
import { serveParent } from "../throughput/child.ts";

export interface ModelCounts {
  url: string;
  requests: number;
  mostAtOnce: number;
}

let requests = 0;
const server = await startChatServer((request) => {
  requests += 1;
  // The server keeps every request for tests to look at; these are too many.
  server.requests.length = 0;
  return honest(request);
});

serveParent(() => ({ url: server.url, requests, mostAtOnce: server.mostAtOnce }) satisfies ModelCounts);
