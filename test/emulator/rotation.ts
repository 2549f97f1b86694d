import assert from "node:assert/strict";
import { emittedMetrics } from "../support/emitted-metrics.ts";
import type { DeployedStage } from "./deployed-stage.ts";
import { eventually } from "./steps.ts";

const REVOKE = '{"revoke": true}';

/** Step by step as Secrets Manager asks: the emulator does not ask by itself. */
export async function rotation(stage: DeployedStage, name: string): Promise<void> {
  const token = "11111111-2222-4333-8444-555555555555";
  const before = await stage.cronSecret();
  const step = (Step: string) =>
    stage.invokeOrThrow(
      "rotate-cron-secret",
      JSON.stringify({ Step, SecretId: `noctuary/${name}/cron-secret`, ClientRequestToken: token }),
    );
  await step("createSecret");
  const early = await stage.invokeOrThrow("rotate-cron-secret", REVOKE);
  assert.match(JSON.parse(early.payload).why, /a rotation is under way/);
  for (const Step of ["setSecret", "testSecret", "finishSecret"]) await step(Step);
  const after = await stage.cronSecret();
  assert.notEqual(after, before);
  const statusWith = async (secret: string) =>
    (await stage.call("GET", "/api/cron/runs/none", undefined, { authorization: `Bearer ${secret}` })).status;
  await eventually("the new secret is let in", async () =>
    (await statusWith(after)) === 404 ? true : undefined,
  );
  assert.equal(await statusWith(before), 404);
  // What the function has printed is a metric by the very name and dimensions that the deployed alarm watches.
  const { namespace, metric, dimensions } = await stage.alarm("previous-secret-used");
  const told = await eventually("the metric is printed", async () => {
    const found = emittedMetrics(await stage.logOf("api")).filter(({ name }) => name === metric);
    return found.length === 0 ? undefined : found;
  });
  assert.deepEqual(told, [{ namespace, name: metric, value: 1, unit: "Count", dimensions }]);
  const { payload } = await stage.invokeOrThrow("rotate-cron-secret", REVOKE);
  assert.deepEqual(JSON.parse(payload), { revoked: true });
  assert.equal(await statusWith(before), 401);
  assert.equal(await statusWith(after), 404);
}
