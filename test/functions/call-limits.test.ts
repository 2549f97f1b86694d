import { createServer, type Server, type Socket } from "node:net";
import { sendBySdk, sqsClient, sqsQueue } from "@noctuary/functions/runtime/sqs-queue";
import { afterEach, expect, test, vi } from "vitest";

let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

test("a queue that takes the call and never answers ends the call, and no function with it", async () => {
  server = createServer((socket) => sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  for (const [name, value] of Object.entries({
    AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${port}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
  }))
    vi.stubEnv(name, value);
  const client = sqsClient({ requestMs: 50, connectMs: 50 });
  const queue = sqsQueue(sendBySdk(client), () => `http://127.0.0.1:${port}/queue`);
  const message = { queue: "embed", body: { v: 1, taskId: "t" } as const, group: "g", delaySeconds: 0 };
  await expect(queue.send([message])).rejects.toMatchObject({ name: "TimeoutError" });
  expect(sockets.length, "tried again").toBeGreaterThan(1);
  client.destroy();
});
