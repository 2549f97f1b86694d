import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import { afterEach, expect, test } from "vitest";

const HANDED_OUT = [{ MessageId: "1", ReceiptHandle: "r", Body: "{}" }];
let server: Server;
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** A queue that answers each call the same. */
async function queueThatAnswers(status: number, body: object) {
  server = createServer((_, response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(body));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return polledQueue(`http://127.0.0.1:${(server.address() as AddressInfo).port}/000000000000/embed`);
}

test("a call that is refused is an error that says which one, and why", async () => {
  const queue = await queueThatAnswers(403, { __type: "AccessDenied" });
  const receive = queue.receive(
    { maxMessages: 1, visibilityTimeoutSeconds: 1 },
    new AbortController().signal,
  );
  await expect(receive).rejects.toThrow('ReceiveMessage was refused with 403: {"__type":"AccessDenied"}');
  await expect(queue.remove(HANDED_OUT)).rejects.toThrow("DeleteMessageBatch was refused with 403");
});

test("what was not deleted is told, with why", async () => {
  const queue = await queueThatAnswers(200, { Failed: [{ Id: "0", Code: "ReceiptHandleIsInvalid" }] });
  expect(await queue.remove(HANDED_OUT)).toEqual(["ReceiptHandleIsInvalid"]);
});

test("what is binary goes over the wire in base64, and comes out as bytes", async () => {
  const MessageAttributes = { seal: { DataType: "Binary", BinaryValue: "AQID" } };
  const queue = await queueThatAnswers(200, { Messages: [{ ...HANDED_OUT[0], MessageAttributes }] });
  const [message] = await queue.receive(
    { maxMessages: 1, visibilityTimeoutSeconds: 1 },
    new AbortController().signal,
  );
  expect([...message!.MessageAttributes!.seal!.BinaryValue!]).toEqual([1, 2, 3]);
});
