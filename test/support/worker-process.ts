import { pollQueue } from "@noctuary/cli/local/event-source";
import { polledQueue } from "@noctuary/cli/local/polled-queue";
import type { Context } from "@noctuary/core/context";
import { userStep } from "@noctuary/core/job";
import { embed } from "@noctuary/core/nightly-cluster/embed";
import { resolveSettings } from "@noctuary/core/settings";
import { contextFrom } from "@noctuary/functions/runtime/context";
import { environmentSettings } from "@noctuary/functions/runtime/environment";
import { worker } from "@noctuary/functions/runtime/worker";

/**
 * A process that works on the queue of the embed step until it is killed. With `hang` it stops in the middle of its
 * first request to the embedder, and says so to its parent.
 */
const hangs = process.argv[2] === "hang";
const { settings } = resolveSettings([environmentSettings()]);
const real = contextFrom(settings);
const context: Context = {
  ...real,
  embedder: {
    ...real.embedder,
    async embed(inputs, options) {
      process.send!("embedding");
      if (hangs) await new Promise(() => {});
      return real.embedder.embed(inputs, options);
    },
  },
};
await pollQueue({
  queue: polledQueue(settings.queueEmbed!),
  queueName: "embed",
  batchSize: 1,
  maximumConcurrency: 1,
  visibilityTimeoutSeconds: 600,
  timeoutMs: 60_000,
  handler: worker(userStep(embed), () => context) as never,
  signal: new AbortController().signal,
});
