import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { join } from "node:path";
import { UsageError } from "../exit.ts";
import type { GlobalOptions } from "../session.ts";

export interface ServeOptions extends GlobalOptions {
  host?: string;
  port?: string;
  tlsCert?: string;
  tlsKey?: string;
  trustedProxy?: boolean;
  allow?: string[];
  requestsPerMinute?: string;
  /** false: `--no-schedule`. */
  schedule?: boolean;
}

export interface ListenSettings {
  host: string;
  port: number;
  tls?: { certificate: string; key: string };
  isLoopback: boolean;
}

const DEFAULT_PORT = 8420;

/**
 * Where to listen, and how the secret is kept from whoever listens on the way: loopback is safe by itself, every other
 * address needs TLS, its own or that of a proxy that is trusted.
 *
 * @throws {UsageError}
 */
export function listenSettings(options: ServeOptions): ListenSettings {
  const host = options.host ?? "127.0.0.1";
  const port = wholeNumber("--port", options.port ?? String(DEFAULT_PORT), 0, 65_535);
  if ((options.tlsCert === undefined) !== (options.tlsKey === undefined)) {
    throw new UsageError("--tls-cert and --tls-key belong together: give both");
  }
  const isLoopback = host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  if (!isLoopback && options.tlsCert === undefined && options.trustedProxy !== true) {
    throw new UsageError(
      `--host ${host} can be reached from other machines, and the secret would cross the network in clear: ` +
        "give --tls-cert and --tls-key, or --trusted-proxy where a proxy in front ends TLS",
    );
  }
  return {
    host,
    port,
    isLoopback,
    ...(options.tlsCert === undefined
      ? {}
      : { tls: { certificate: pem(options.tlsCert), key: pem(options.tlsKey!) } }),
  };
}

/** @throws {UsageError} */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new UsageError(`${flag} ${text}: write a whole number from ${least} to ${most}`);
}

function pem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new UsageError(`${path} cannot be read: give the path of a PEM file`, { cause });
  }
}

/**
 * The secret that opens the triggers on this machine where none is set: made once, kept beside the settings, readable
 * by its owner alone. Loopback is no protection by itself: other accounts and any web page can call it.
 *
 * @returns the secret, and the file it stands in
 */
export function homeCronSecret(home: string): { secret: string; path: string } {
  const path = join(home, "cron-secret");
  try {
    // Exclusive: of two that start at once the later one reads what the first wrote.
    writeFileSync(path, `${randomBytes(32).toString("base64url")}\n`, { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return { secret: readFileSync(path, "utf8").trim(), path };
}
