import type { SendMessageBatchCommandInput } from "@aws-sdk/client-sqs";
import { groupOf } from "@noctuary/core/runtime/queue";
import { sqsQueue } from "@noctuary/functions/runtime/sqs-queue";
import { expect, test } from "vitest";

test("messages of one user share a group, whose name is a hash and tells nothing of the user", async () => {
  const sent: SendMessageBatchCommandInput[] = [];
  const send = async (batch: SendMessageBatchCommandInput) => {
    sent.push(batch);
    return { Successful: batch.Entries!.map(({ Id }) => ({ Id })) };
  };
  const users = ["ana@example.com", "ana@example.com", "日記 / 2", null];
  const accepted = await sqsQueue(send, () => "http://queue").send(
    users.map((userId, i) => ({
      queue: "embed",
      body: { v: 1, taskId: String(i) },
      group: groupOf(userId),
      delaySeconds: 0,
    })),
  );
  expect(accepted).toEqual([true, true, true, true]);
  const groups = sent.flatMap(({ Entries }) => Entries!.map(({ MessageGroupId }) => MessageGroupId!));
  expect(groups[0]).toBe(groups[1]);
  expect(new Set(groups).size).toBe(3);
  // What SQS takes as a group: up to 128 letters, digits and punctuation.
  for (const group of groups) expect(group).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
  expect(groups.join()).not.toContain("ana");
});
