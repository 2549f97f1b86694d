import type { LogFields } from "@noctuary/core/context";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import { migrateAndLetIn } from "@noctuary/functions/runtime/migrate-and-let-in";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { type SecretsManager, startSecretsManager } from "../support/secrets-manager.ts";
import { openTestDatabase } from "../support/test-database.ts";

let manager: SecretsManager;
let log: string;

beforeEach(async () => {
  manager = await startSecretsManager();
  setEnvironment(manager.environment);
  log = "";
});
afterEach(() => {
  manager.close();
  setEnvironment(Object.fromEntries(Object.keys(manager.environment).map((name) => [name, undefined])));
});

const line = (message: string, fields: LogFields) => {
  log += `${message} ${JSON.stringify(fields)}\n`;
};
const deployStep = (event: unknown = { params: { logins: {} } }) =>
  migrateAndLetIn(
    event,
    { databaseSecretId: "database-url", databaseCa: undefined },
    { debug: line, info: line, warn: line, error: line, critical: line },
  );

test("a deploy brings an empty database up to this version, and the next one finds nothing to do", async () => {
  const database = await openTestDatabase({ migrated: false });
  onTestFinished(() => database.close());
  manager.text = database.url;
  const { applied, total } = await deployStep();
  expect(applied).toBe(total);
  expect(await deployStep()).toEqual({ applied: 0, total });
});

test("a database that a later version has migrated is left alone, and the deploy says what to do", async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  manager.text = database.url;
  await database.query("insert into noctuary.migration (hash) values ('of a later version')");
  await expect(deployStep()).rejects.toThrow("the database was migrated by a newer version of Noctuary");
});

test("a database that is away fails the deploy with a sentence, and without the password", async () => {
  manager.text = "postgres://app:hunter2@127.0.0.1:1/none";
  const error = await deployStep().catch((caught: Error) => caught);
  expect(error).toMatchObject({
    name: "MigrationFailed",
    message: expect.stringMatching(/^the database could not be migrated \(\w+ ECONNREFUSED\): is the URL/),
  });
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error)) + log).not.toContain("hunter2");
});

test("a secret that nobody has put there is an error that names it", async () => {
  await expect(deployStep()).rejects.toThrow(
    "there is no secret database-url that may be read (ResourceNotFoundException): create it, with its value as plain text",
  );
  manager.text = "";
  await expect(deployStep()).rejects.toThrow("the secret database-url must hold a database URL");
});
