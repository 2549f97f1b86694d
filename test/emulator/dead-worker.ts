import assert from "node:assert/strict";
import pg from "pg";
import type { CommandLine } from "./command-line.ts";
import type { DeployedStage } from "./deployed-stage.ts";
import { ended } from "./ledger.ts";
import { eventually } from "./steps.ts";

/**
 * A lock that is never given stands for whatever hangs: the function is stopped at its timeout, three times, without a
 * word to the ledger. The lease, five minutes of the database's clock, is ended by hand.
 */
export async function deadWorker(
  stage: DeployedStage,
  database: pg.Client,
  databaseUrl: string,
  noctuary: CommandLine,
): Promise<void> {
  const limits = await stage.shorten("cluster", { timeoutSeconds: 4, visibilitySeconds: 5 });
  const blocker = new pg.Client({ connectionString: databaseUrl });
  await blocker.connect();
  await blocker.query("begin");
  await blocker.query("lock table noctuary.cluster in access exclusive mode");
  const { body } = await stage.call("POST", "/api/cron/nightly-cluster", { full: true });
  const runId = body.runId as string;
  const tries = await eventually(
    "the message is in the DLQ",
    async () => {
      await database.query(
        "update noctuary.task set lease_until = clock_timestamp() where run_id = $1 and step = 'cluster' and status = 'running'",
        [runId],
      );
      if ((await stage.messagesIn("cluster-dlq")) === 0) return undefined;
      const { rows } = await database.query(
        "select attempts from noctuary.task where run_id = $1 and step = 'cluster'",
        [runId],
      );
      return rows[0].attempts as number;
    },
    90_000,
  );
  assert.equal(tries, 3);
  await blocker.end();
  await limits.restore();
  // Nobody is at work on it and no message points to it: the reconciler finds it, and that its tries are used up.
  await eventually("the ledger says what became of it", async () => {
    await database.query(
      "update noctuary.task set lease_until = clock_timestamp(), sent_at = null where run_id = $1 and status = 'running'",
      [runId],
    );
    await stage.invokeOrThrow("reconciler", "{}");
    const { rows } = await database.query(
      "select error ->> 'code' as code from noctuary.task where run_id = $1 and status = 'failed'",
      [runId],
    );
    // What a stopped function had sent before may still be carried out, once the lock is gone: then it has said so itself.
    if (rows.length > 0) assert.match(rows[0].code, /^(?:worker_died|out_of_time)$/);
    return rows.length > 0 ? true : undefined;
  });
  assert.notEqual((await ended(database, runId)).status, "done");
  const { stdout } = await noctuary(["runs", runId, "redrive", "--json"], await stage.queueUrls());
  assert.deepEqual([JSON.parse(stdout).redriven, JSON.parse(stdout).drained], [1, 1]);
  assert.equal((await ended(database, runId)).status, "done");
  assert.equal(await stage.messagesIn("cluster-dlq"), 0);
}
