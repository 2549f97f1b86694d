import { startLocalQueues } from "@noctuary/cli/local/local-queues";
import { localSender } from "@noctuary/cli/local/local-sqs";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import type { OutgoingMessage } from "@noctuary/core/runtime/queue";
import { sqsQueue } from "@noctuary/functions/runtime/sqs-queue";
import { afterEach, beforeEach, expect, test } from "vitest";

let local: Awaited<ReturnType<typeof startLocalQueues>>;
beforeEach(async () => {
  local = await startLocalQueues([{ queue: "embed", visibilityTimeoutSeconds: 30, maxReceiveCount: 3 }]);
});
afterEach(() => local.close());

const message = (i: number, delaySeconds = 0): OutgoingMessage => ({
  queue: "embed",
  body: { v: 1, taskId: `task ${i}` },
  group: "a".repeat(32),
  delaySeconds,
});

test("what is sent to a queue of this machine is received from it, and what is delayed is not there yet", async () => {
  const queue = sqsQueue(localSender(local.endpoint), (queue) => local.urls[queue]);
  const sent = [...Array(12).keys()].map((i) => message(i, i === 11 ? 900 : 0));
  expect(await queue.send(sent)).toEqual(sent.map(() => true));

  const polled = polledQueue(local.urls.embed!);
  const received: string[] = [];
  while (received.length < 11) {
    const options = { maxMessages: 10, visibilityTimeoutSeconds: 30 };
    const messages = await polled.receive(options, new AbortController().signal);
    received.push(...messages.map(({ Body }) => Body!));
    expect(await polled.remove(messages)).toEqual([]);
  }
  expect(received.toSorted()).toEqual(
    sent
      .slice(0, 11)
      .map(({ body }) => JSON.stringify(body))
      .toSorted(),
  );
});

test("a queue that is not there is an error that says so", async () => {
  const queue = sqsQueue(localSender(local.endpoint), () => `${local.endpoint}/000000000000/nowhere`);
  await expect(queue.send([message(1)])).rejects.toThrow(
    /SendMessageBatch was refused with 400.*QueueDoesNotExist/,
  );
});
