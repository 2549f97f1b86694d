import { createHash, timingSafeEqual } from "node:crypto";
import { type Settings, SettingsError } from "@noctuary/core/settings";
import { type KeptSecret, keptSecret } from "./kept-secret.ts";
import { withSecretsManager } from "./secrets-manager.ts";

/** The secrets that open the manual triggers: one, and for a while after a rotation the one before. */
export interface CronSecrets {
  current: string;
  /** Valid until `validUntil`; null without an end, which only whoever sets it by hand decides. */
  previous?: { secret: string; validUntil: Date | null };
}

export type TokenCheck = "current" | "previous" | "refused";

/** Finds out what a token opens. */
export interface CronSecretSource {
  check(token: string): Promise<TokenCheck>;
}

/**
 * The secrets of `CRON_SECRET_ID` in Secrets Manager, or of `CRON_SECRET` and `CRON_SECRET_PREVIOUS` in the environment.
 * A token is let in by what the store holds now, so that a secret that was revoked or replaced ends at once, and it is
 * refused by what the store held a moment ago at the most, so that a rotation is never felt.
 *
 * @throws {SettingsError} where neither is set
 */
export function cronSecretSource(settings: Settings, now: () => number = Date.now): CronSecretSource {
  const kept = sourceOf(settings, now);
  return {
    async check(token) {
      const askedAt = now();
      const known = checkToken(await kept.get(), token, askedAt);
      // Whoever guesses cannot make this ask the store with each guess; whoever knows a secret may.
      const held = await (known === "refused" ? kept.reread() : kept.readSince(askedAt));
      return checkToken(held, token, askedAt);
    },
  };
}

function sourceOf(settings: Settings, now: () => number): KeptSecret<CronSecrets> {
  const { cronSecret, cronSecretPrevious, cronSecretId, cronSecretOverlapHours } = settings;
  if (cronSecretId !== undefined) {
    return keptSecret(() => readSecrets(cronSecretId, cronSecretOverlapHours * 3_600_000), now);
  }
  if (cronSecret === undefined)
    throw new SettingsError("neither CRON_SECRET nor CRON_SECRET_ID is set: the triggers have no secret");
  const secrets: CronSecrets = {
    current: cronSecret,
    ...(cronSecretPrevious === undefined
      ? {}
      : { previous: { secret: cronSecretPrevious, validUntil: null } }),
  };
  const same = async () => secrets;
  return { get: same, reread: same, readSince: same };
}

/**
 * Reads both versions. The former one is valid for `overlapMs` from when the present one was made: Secrets Manager
 * itself would keep it valid until the next rotation, months later.
 */
async function readSecrets(secretId: string, overlapMs: number): Promise<CronSecrets> {
  const [current, previous] = await withSecretsManager((versionOf) =>
    Promise.all([versionOf(secretId, "AWSCURRENT"), versionOf(secretId, "AWSPREVIOUS")]),
  );
  const text = current?.text.trim() ?? "";
  if (text === "")
    throw new SettingsError(`the secret ${secretId} must hold the triggers' secret as plain text`);
  const former = previous?.text.trim() ?? "";
  return {
    current: text,
    ...(former === "" || current === undefined
      ? {}
      : {
          previous: { secret: former, validUntil: new Date(current.createdAt.getTime() + overlapMs) },
        }),
  };
}

/** Compares in constant time, and always with as many secrets as there are. `nowMs`: milliseconds since the epoch. */
export function checkToken({ current, previous }: CronSecrets, token: string, nowMs: number): TokenCheck {
  const isCurrent = equal(token, current);
  const isPrevious = previous !== undefined && equal(token, previous.secret);
  if (isCurrent) return "current";
  if (!isPrevious) return "refused";
  return previous.validUntil === null || nowMs < previous.validUntil.getTime() ? "previous" : "refused";
}

/** Over digests: timingSafeEqual wants the same length, and the length of a secret is one of its secrets. */
function equal(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
