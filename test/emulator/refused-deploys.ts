import assert from "node:assert/strict";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { WholeBatchPGlite } from "@noctuary/cli/local/whole-batch-pglite";
import type { DeployedStage } from "./deployed-stage.ts";
import { type Emulator, freePort } from "./emulator.ts";

/** A deploy that must fail, by what its database secret holds; undefined: there is none. */
interface RefusedDeploy {
  databaseUrl: string | undefined;
  sentence: RegExp;
}

/** The sentence is what a person finds in the reason that CloudFormation gives; all that was deployed before is still there. */
export async function refusedDeploy(
  aws: Emulator,
  stage: DeployedStage,
  deploy: () => Promise<void>,
  { databaseUrl, sentence }: RefusedDeploy,
): Promise<void> {
  if (databaseUrl === undefined) await stage.removeSecret("database-url");
  else await stage.putSecret("database-url", databaseUrl);
  const printed = aws.log().length;
  await assert.rejects(deploy());
  const reasons = aws
    .log()
    .slice(printed)
    .split("\n")
    .filter((line) => line.includes("Failed to provision"));
  assert.match(reasons.join("\n"), sentence);
  assert.ok((await stage.functionNames()).length > 10);
}

/** A Postgres that has everything but the files of pgvector. */
export async function withoutPgvector(use: (databaseUrl: string) => Promise<void>): Promise<void> {
  const database = new WholeBatchPGlite({ onBroken: () => {} });
  await database.waitReady;
  const port = await freePort();
  const server = new PGLiteSocketServer({ db: database, host: "127.0.0.1", port, maxConnections: 5 });
  await server.start();
  try {
    await use(`postgres://postgres@127.0.0.1:${port}/postgres`);
  } finally {
    await server.stop();
    await database.close();
  }
}
