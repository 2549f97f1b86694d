import type { LogFields } from "@noctuary/core/context";
import { resolveSettings } from "@noctuary/core/settings";
import { cronSecretSource } from "@noctuary/functions/runtime/cron-secrets";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import { rotateCronSecret } from "@noctuary/functions/runtime/rotate-cron-secret";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type SecretsManager, startSecretsManager } from "../support/secrets-manager.ts";

const FIRST = "the-first-secret-of-all";
const STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"] as const;

let manager: SecretsManager;
let log: string;

beforeEach(async () => {
  manager = await startSecretsManager(FIRST);
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
const send = (event: unknown) =>
  rotateCronSecret(
    event,
    { cronSecretId: "cron" },
    { debug: line, info: line, warn: line, error: line, critical: line },
  );
const step = (Step: (typeof STEPS)[number], ClientRequestToken = "token-of-the-rotation") =>
  send({ Step, SecretId: "cron", ClientRequestToken });
async function rotate(token?: string): Promise<void> {
  for (const each of STEPS) await step(each, token);
}

function callers() {
  let now = Date.now();
  const { settings } = resolveSettings([{ origin: "test", values: { cronSecretId: "cron" } }]);
  return {
    source: cronSecretSource(settings, () => now),
    later(ms: number) {
      now += ms;
    },
  };
}

describe("a rotation", () => {
  test("makes another secret current, and leaves the one before", async () => {
    await rotate();
    expect(manager.text).toMatch(/^[A-Za-z0-9_-]{48}$/);
    expect(manager.previousText).toBe(FIRST);
  });

  test("whose steps are each repeated is the same rotation", async () => {
    await step("createSecret");
    await rotate();
    const { text } = manager;
    await step("createSecret");
    await step("finishSecret");
    expect(manager.text).toBe(text);
    expect(manager.previousText).toBe(FIRST);
  });

  test("makes a secret of its own each time", async () => {
    await rotate("one");
    const { text } = manager;
    await rotate("two");
    expect(manager.text).not.toBe(text);
    expect(manager.previousText).toBe(text);
  });

  test("that has not made a secret is not finished", async () => {
    await expect(step("testSecret")).rejects.toMatchObject({ code: "unusable_secret" });
    expect(manager.text).toBe(FIRST);
  });

  test("is felt by nobody: both secrets open the triggers, the new one at once", async () => {
    const { source, later } = callers();
    expect(await source.check(FIRST)).toBe("current");
    await rotate();
    later(6_000);
    expect(await source.check(manager.text!)).toBe("current");
    expect(await source.check(FIRST)).toBe("previous");
  });
});

describe("revoke", () => {
  test("ends the secret before at once, also where it was kept a moment ago", async () => {
    await rotate();
    const { source, later } = callers();
    expect(await source.check(FIRST)).toBe("previous");
    expect(await send({ revoke: true })).toEqual({ revoked: true });
    later(1);
    expect(await source.check(FIRST)).toBe("refused");
    expect(await source.check(manager.text!)).toBe("current");
  });

  test("waits for a rotation that is under way, or the secret that leaked would be the one before for a week", async () => {
    await step("createSecret");
    expect(await send({ revoke: true })).toEqual({
      revoked: false,
      why: expect.stringContaining("a rotation is under way"),
    });
    await rotate();
    expect(manager.previousText).toBe(FIRST);
    expect(await send({ revoke: true })).toEqual({ revoked: true });
    expect(manager.previousText).toBeUndefined();
  });

  test("where nothing is to be revoked says so", async () => {
    expect(await send({ revoke: true })).toEqual({
      revoked: false,
      why: "there is no secret before the present one",
    });
    expect(manager.text).toBe(FIRST);
  });
});

test.each([{}, { revoke: false }, { Step: "deleteSecret", SecretId: "cron", ClientRequestToken: "t" }, null])(
  "an event that is neither is refused with what is taken: %j",
  async (event) => {
    await expect(send(event)).rejects.toThrow('takes the steps of Secrets Manager, or {"revoke": true}');
  },
);

test("the log holds no secret", async () => {
  await rotate();
  await send({ revoke: true });
  expect(log).toContain("finishSecret");
  expect(log).not.toContain(manager.text);
  expect(log).not.toContain(FIRST);
});
