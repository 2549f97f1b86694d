import { resolveSettings } from "@noctuary/core/settings";
import { checkToken, cronSecretSource } from "@noctuary/functions/runtime/cron-secrets";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type SecretsManager, startSecretsManager } from "../support/secrets-manager.ts";

const FIRST = "the-first-secret-of-all";
const SECOND = "the-second-secret-of-all";
const HOUR_MS = 3_600_000;
const ROTATED_AT = Date.parse("2026-11-01T00:00:00Z");

let manager: SecretsManager;

beforeEach(async () => {
  manager = await startSecretsManager(FIRST);
  setEnvironment(manager.environment);
});
afterEach(() => {
  manager.close();
  setEnvironment(Object.fromEntries(Object.keys(manager.environment).map((name) => [name, undefined])));
});

function source(now: () => number, overlapHours = 168) {
  const { settings } = resolveSettings([
    { origin: "test", values: { cronSecretId: "cron", cronSecretOverlapHours: overlapHours } },
  ]);
  return cronSecretSource(settings, now);
}

function rotate(): void {
  manager.previousText = manager.text;
  manager.text = SECOND;
  manager.createdAt = new Date(ROTATED_AT);
}

test("before the first rotation there is one secret", async () => {
  const secrets = source(() => ROTATED_AT);
  expect(await secrets.check(FIRST)).toBe("current");
  expect(await secrets.check(SECOND)).toBe("refused");
});

test("after a rotation the former secret is valid for the overlap, and not until the next rotation", async () => {
  rotate();
  expect(await source(() => ROTATED_AT + 167 * HOUR_MS).check(FIRST)).toBe("previous");
  expect(await source(() => ROTATED_AT + 168 * HOUR_MS).check(FIRST)).toBe("refused");
  expect(await source(() => ROTATED_AT + 2 * HOUR_MS, 1).check(FIRST)).toBe("refused");
  expect(await source(() => ROTATED_AT + 9_000 * HOUR_MS).check(SECOND)).toBe("current");
});

test("a former secret that was revoked is refused from the next call on", async () => {
  rotate();
  let now = ROTATED_AT + HOUR_MS;
  const secrets = source(() => now);
  expect(await secrets.check(FIRST)).toBe("previous");
  manager.previousText = undefined;
  now += 1;
  expect(await secrets.check(FIRST)).toBe("refused");
});

test("so is one that was the current one when it was kept, and was replaced and revoked since", async () => {
  let now = ROTATED_AT;
  const secrets = source(() => now);
  expect(await secrets.check(FIRST)).toBe("current");
  rotate();
  manager.previousText = undefined;
  now += 1;
  expect(await secrets.check(FIRST)).toBe("refused");
});

test("a call reads the store once, also the first one", async () => {
  const secrets = source(() => ROTATED_AT);
  await Promise.all([secrets.check(FIRST), secrets.check(FIRST)]);
  expect(manager.asked).toHaveLength(2); // both versions
});

test("a rotation is never felt: a token that fits nothing kept is compared with what the store holds now", async () => {
  let now = ROTATED_AT;
  const secrets = source(() => now);
  expect(await secrets.check(FIRST)).toBe("current");
  rotate();
  now += 6_000;
  expect(await secrets.check(SECOND)).toBe("current");
});

test("guessing does not become a flood of requests to the store", async () => {
  let now = ROTATED_AT;
  const secrets = source(() => now);
  for (let i = 0; i < 50; i++) {
    expect(await secrets.check(`guess-number-${i}`)).toBe("refused");
    now += 100;
  }
  expect(manager.asked.length).toBeLessThanOrEqual(4); // two versions, read at once and once more after five seconds
});

test("a store without the secret is an error and no way in", async () => {
  manager.text = undefined;
  await expect(source(() => ROTATED_AT).check(FIRST)).rejects.toMatchObject({
    name: "SettingsError",
    message:
      "there is no secret cron that may be read (ResourceNotFoundException): create it, with its value as plain text",
  });
  manager.text = " \n";
  await expect(source(() => ROTATED_AT).check("")).rejects.toMatchObject({ name: "SettingsError" });
});

test("settings without any secret open nothing", () => {
  const { settings } = resolveSettings([]);
  expect(() => cronSecretSource(settings)).toThrow(/CRON_SECRET/);
});

test.each(["short", "with a space in the middle of it", "ümlaut-in-the-middle-of-it"])(
  "a secret that a header cannot carry, or that can be guessed, is refused as a setting: %j",
  (cronSecret) => {
    const resolve = () => resolveSettings([{ origin: "test", values: { cronSecret } }]);
    expect(resolve).toThrow(/cronSecret/);
    expect(resolve).not.toThrow(new RegExp(cronSecret));
  },
);

test("an expired former secret is compared all the same", () => {
  const secrets = { current: SECOND, previous: { secret: FIRST, validUntil: new Date(0) } };
  expect(checkToken(secrets, FIRST, 1)).toBe("refused");
  expect(checkToken({ ...secrets, previous: { secret: FIRST, validUntil: null } }, FIRST, 1)).toBe(
    "previous",
  );
});
