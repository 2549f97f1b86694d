import { resolveSettings } from "@noctuary/core/settings";
import { deadLetters, hasQueues } from "@noctuary/functions/runtime/dead-letters";
import { environmentSettings } from "@noctuary/functions/runtime/environment";
import { sqsClient } from "@noctuary/functions/runtime/sqs-queue";
import { expect, onTestFinished, test } from "vitest";
import { openNight } from "../support/night.ts";
import { openTestDatabase } from "../support/test-database.ts";

test("dead letters are found by their queues, told apart, and taken out one by one", async () => {
  const database = await openTestDatabase();
  const night = await openNight(database);
  onTestFinished(async () => {
    await night.close();
    await database.close();
  });
  const { settings } = resolveSettings([environmentSettings()]);
  expect(hasQueues(settings)).toBe(true);
  // What a worker crashed over lies there as it came; here it is put there.
  await night.bury("embed", JSON.stringify({ v: 1, taskId: "t-1" }));
  await night.bury("embed", "no message of ours");
  const client = sqsClient();
  onTestFinished(() => client.destroy());
  const found = await deadLetters(client, settings);
  expect(found.map(({ queue, taskId }) => ({ queue, taskId }))).toEqual(
    expect.arrayContaining([
      { queue: "embed", taskId: "t-1" },
      { queue: "embed", taskId: null },
    ]),
  );
  expect(found).toHaveLength(2);
  for (const letter of found) if (letter.taskId === "t-1") await letter.remove();
});
