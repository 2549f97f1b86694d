import type { IncomingMessage } from "node:http";
import { BlockList, isIP } from "node:net";
import { HttpError } from "@noctuary/functions/runtime/http-answer";
import { UsageError } from "../exit.ts";

export interface GateOptions {
  /** Addresses and CIDR ranges that may call; everybody who reaches the server where there are none. */
  allow: string[];
  /** Requests that one address may make at once, and regains within a minute. */
  requestsPerMinute: number;
  /** A proxy in front ends TLS and says in X-Forwarded-For and X-Forwarded-Proto for whom it calls. */
  trustsProxy: boolean;
  /** Milliseconds on any steady clock. */
  now?: () => number;
}

/** What the gateway's resource policy, throttle and certificate do on AWS. */
export interface Gate {
  /** @throws {HttpError} 403 or 429 for a caller that may not come in */
  admit(request: Pick<IncomingMessage, "socket" | "headers">): void;
}

const MINUTE_MS = 60_000;
/** Addresses that are remembered at most; past it, those that have been quiet for a minute are forgotten. */
const MAX_CALLERS = 10_000;

/** @throws {UsageError} for an address or range that is none */
export function openGate({
  allow,
  requestsPerMinute,
  trustsProxy,
  now = () => performance.now(),
}: GateOptions): Gate {
  const allowed = allowList(allow);
  const callers = new Map<string, { tokens: number; at: number }>();

  /** A token bucket an address (Turner, 1986): what was used comes back evenly over a minute. */
  function take(address: string): void {
    const at = now();
    const { tokens, at: before } = callers.get(address) ?? { tokens: requestsPerMinute, at };
    const filled = Math.min(requestsPerMinute, tokens + ((at - before) / MINUTE_MS) * requestsPerMinute);
    if (callers.size >= MAX_CALLERS) {
      for (const [known, { at: seen }] of callers) if (at - seen > MINUTE_MS) callers.delete(known);
    }
    callers.set(address, { tokens: Math.max(0, filled - 1), at });
    if (filled >= 1) return;
    const retryAfterSeconds = Math.ceil(((1 - filled) * MINUTE_MS) / requestsPerMinute / 1000);
    throw new HttpError(429, "too_many_requests", `wait ${retryAfterSeconds} seconds before the next call`, {
      "retry-after": String(retryAfterSeconds),
    });
  }

  return {
    admit({ socket, headers }) {
      const peer = plainAddress(socket.remoteAddress ?? "");
      // Only the last address is the proxy's own word; whatever stands before it the caller may have written.
      const forwarded = String(headers["x-forwarded-for"] ?? "")
        .split(",")
        .at(-1)!
        .trim();
      const address = trustsProxy && isIP(forwarded) !== 0 ? plainAddress(forwarded) : peer;
      if (trustsProxy && headers["x-forwarded-proto"] !== "https") {
        throw new HttpError(403, "https_only", "call this address with https");
      }
      if (allowed !== null && !allowed.check(address, isIP(address) === 6 ? "ipv6" : "ipv4")) {
        throw new HttpError(
          403,
          "address_not_allowed",
          "this address is not on the list of those that may call",
        );
      }
      take(address);
    },
  };
}

function allowList(allow: string[]): BlockList | null {
  if (allow.length === 0) return null;
  const list = new BlockList();
  for (const entry of allow) {
    const [address = "", bits, ...rest] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    const prefix = bits === undefined ? null : Number(bits);
    const longest = family === "ipv6" ? 128 : 32;
    const isWrong =
      isIP(address) === 0 ||
      rest.length > 0 ||
      (prefix !== null && !(bits !== "" && Number.isInteger(prefix) && prefix >= 0 && prefix <= longest));
    if (isWrong)
      throw new UsageError(`--allow ${entry}: write an address (203.0.113.7) or a range (203.0.113.0/24)`);
    if (prefix === null) list.addAddress(address, family);
    else list.addSubnet(address, prefix, family);
  }
  return list;
}

/** An IPv4 caller of a dual-stack socket comes as ::ffff:1.2.3.4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}
