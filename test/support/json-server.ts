import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { sendJson } from "./http-answers.ts";

/** What was asked: the JSON of the request's body, with its path and headers. */
export type Asked<Body> = Body & { path: string; headers: IncomingMessage["headers"] };

/** The newest request, and how many there were with it. */
type Answer<Body> = (response: ServerResponse, asked: Asked<Body>, number: number) => Promise<void>;

/**
 * An HTTP server on a port of its own on this machine that takes JSON on one route, whatever stands before it in the
 * path, and counts. A connection that `answer` has not ended is cut off by `close`.
 */
export async function startJsonServer<Body>(route: string, answer: Answer<Body>) {
  const requests: Asked<Body>[] = [];
  const sockets = new Set<Socket>();
  let atOnce = 0;
  let mostAtOnce = 0;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method !== "POST" || !request.url!.split("?")[0]!.endsWith(route))
        return sendJson(response, 404, { error: { message: `Invalid URL (${request.url})` } });
      const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Body;
      const asked = { path: request.url!, headers: request.headers, ...body };
      requests.push(asked);
      mostAtOnce = Math.max(mostAtOnce, ++atOnce);
      response.on("close", () => atOnce--);
      answer(response, asked, requests.length).catch((error) => response.destroy(error));
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    /** With /v1. */
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    mostAtOnce: () => mostAtOnce,
    reset() {
      requests.length = 0;
      mostAtOnce = 0;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
