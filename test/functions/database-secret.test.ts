import { closeContext, context } from "@noctuary/functions/runtime/context";
import { databaseSecret } from "@noctuary/functions/runtime/database-secret";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import { providerSecret } from "@noctuary/functions/runtime/provider-secret";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type SecretsManager, startSecretsManager } from "../support/secrets-manager.ts";

const FIRST = "postgres://noctuary:first@database/app";
const SECOND = "postgres://noctuary:second@database/app";

let manager: SecretsManager;

beforeEach(async () => {
  manager = await startSecretsManager(FIRST);
  setEnvironment({ ...manager.environment, DATABASE_SECRET_ID: "database-url", DATABASE_URL: undefined });
});

afterEach(async () => {
  vi.useRealTimers();
  await closeContext();
  manager.close();
  setEnvironment(
    Object.fromEntries(
      [
        ...Object.keys(manager.environment),
        "DATABASE_SECRET_ID",
        "DATABASE_URL",
        "NOCTUARY_EMBEDDER",
        "NOCTUARY_LLM",
        "OPENAI_SECRET_ID",
      ].map((name) => [name, undefined]),
    ),
  );
});

test("a URL is read once and used for less than 60 seconds", async () => {
  let now = 1_000_000;
  const url = databaseSecret("database-url", () => now);
  expect(await url()).toBe(FIRST);
  manager.text = SECOND;
  now += 59_999;
  expect(await url()).toBe(FIRST);
  now += 1;
  expect(await url()).toBe(SECOND);
  expect(manager.asked).toEqual(["database-url", "database-url"]);
});

test("a clock that was set back does not make a URL last longer", async () => {
  let now = 1_000_000;
  const url = databaseSecret("database-url", () => now);
  await url();
  manager.text = SECOND;
  now -= 3_600_000;
  expect(await url()).toBe(SECOND);
});

test("calls at the same time share one request", async () => {
  const url = databaseSecret("database-url");
  expect(await Promise.all([url(), url(), url()])).toEqual([FIRST, FIRST, FIRST]);
  expect(manager.asked).toHaveLength(1);
});

test("a secret that could not be read is asked for again at once", async () => {
  manager.text = undefined;
  const url = databaseSecret("database-url");
  await expect(url()).rejects.toMatchObject({
    name: "SettingsError",
    message:
      "there is no secret database-url that may be read (ResourceNotFoundException): create it, with its value as plain text",
  });
  manager.text = FIRST;
  expect(await url()).toBe(FIRST);
});

test("a secret that is not there is named, also where its grant makes that a denial", async () => {
  manager.text = undefined;
  manager.missing = "AccessDeniedException";
  const nothing = /^there is no secret (\S+) that may be read \(AccessDeniedException\): create it/;
  await expect(databaseSecret("database-url")()).rejects.toThrow(nothing);
  await expect(providerSecret("openai-api-key")()).rejects.toThrow(nothing);
});

test("the line break at the end of a file is not part of the URL", async () => {
  manager.text = `${FIRST}\n`;
  expect(await databaseSecret("database-url")()).toBe(FIRST);
});

test("a secret as RDS writes it gives a URL whose certificate is checked, and whatever its characters", async () => {
  const rds = { engine: "postgres", host: "db.internal", port: 5432, dbname: "noctuary", username: "a b" };
  manager.text = JSON.stringify({ ...rds, password: "p@ss/word:?#" });
  const url = new URL(await databaseSecret("database-users")());
  expect(url.href).toBe(
    "postgres://a%20b:p%40ss%2Fword%3A%3F%23@db.internal:5432/noctuary?sslmode=verify-full",
  );
});

test.each(["", "mysql://root:hunter2@db", '{"password":"hunter2"}'])(
  "a secret that holds no database URL is refused without a word of it: %j",
  async (text) => {
    manager.text = text;
    const error = await databaseSecret("database-url")().catch((caught: Error) => caught);
    expect(error).toMatchObject({ name: "SettingsError", message: expect.stringContaining("database-url") });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain("hunter2");
  },
);

test("handlers keep their connections while the secret is the same, and get new ones when it was replaced", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const before = await context();
  vi.advanceTimersByTime(60_000);
  expect(await context()).toBe(before);
  manager.text = SECOND;
  vi.advanceTimersByTime(60_000);
  const after = await context();
  expect(after.db.pool.options.connectionString).toBe(SECOND);
  expect(before.db.pool.ended).toBe(true);
  expect(await context()).toBe(after);
});

test("connections are not trusted any more after five minutes without an invocation", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const before = await context();
  vi.advanceTimersByTime(300_001);
  expect(await context()).not.toBe(before);
  expect(before.db.pool.ended).toBe(true);
});

test("a provider's key is replaced without a deploy", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  setEnvironment({
    DATABASE_URL: SECOND,
    NOCTUARY_EMBEDDER: "openai",
    OPENAI_SECRET_ID: "openai-api-key",
    NOCTUARY_LLM: "openai",
  });
  manager.text = "sk-first\n";
  const before = await context();
  expect(manager.asked).toEqual(["openai-api-key"]);
  manager.text = "sk-second";
  vi.advanceTimersByTime(59_999);
  expect(await context()).toBe(before);
  vi.advanceTimersByTime(1);
  expect(await context()).not.toBe(before);
  manager.text = " ";
  vi.advanceTimersByTime(60_000);
  await expect(context()).rejects.toThrow("the secret openai-api-key must hold the provider's key");
});

test("a URL in the environment goes before the secret, which is then not read", async () => {
  setEnvironment({ DATABASE_URL: SECOND });
  expect((await context()).db.pool.options.connectionString).toBe(SECOND);
  expect(manager.asked).toEqual([]);
});
