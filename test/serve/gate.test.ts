import type { IncomingMessage } from "node:http";
import { openGate } from "@noctuary/cli/serve/gate";
import { expect, test } from "vitest";

const from = (remoteAddress: string, headers: IncomingMessage["headers"] = {}) =>
  ({ socket: { remoteAddress }, headers }) as unknown as IncomingMessage;

test("only listed addresses and ranges come in, IPv4 callers of an IPv6 socket too", () => {
  const gate = openGate({
    allow: ["203.0.113.0/24", "2001:db8::7"],
    requestsPerMinute: 60,
    trustsProxy: false,
  });
  for (const address of ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::7"]) gate.admit(from(address));
  for (const address of ["203.0.114.9", "::1", "2001:db8::8", ""]) {
    expect(() => gate.admit(from(address)), address).toThrow(expect.objectContaining({ status: 403 }));
  }
});

test("an X-Forwarded-For that no proxy vouches for is not believed", () => {
  const gate = openGate({ allow: ["203.0.113.7"], requestsPerMinute: 60, trustsProxy: false });
  expect(() => gate.admit(from("198.51.100.1", { "x-forwarded-for": "203.0.113.7" }))).toThrow(
    expect.objectContaining({ status: 403 }),
  );
});

test("behind a proxy its own last word counts, not what the caller wrote before it, and https alone", () => {
  const gate = openGate({ allow: ["203.0.113.7"], requestsPerMinute: 60, trustsProxy: true });
  const proxied = (forwarded: string, proto: string) =>
    from("127.0.0.1", { "x-forwarded-for": forwarded, "x-forwarded-proto": proto });
  gate.admit(proxied("203.0.113.7", "https"));
  gate.admit(proxied("10.0.0.1, 203.0.113.7", "https"));
  expect(() => gate.admit(proxied("203.0.113.7, 198.51.100.1", "https"))).toThrow(
    expect.objectContaining({ code: "address_not_allowed" }),
  );
  expect(() => gate.admit(proxied("203.0.113.7", "http"))).toThrow(
    expect.objectContaining({ code: "https_only" }),
  );
});

test("an address that calls too often waits as long as it is told, and no other is held up by it", () => {
  let now = 0;
  const gate = openGate({ allow: [], requestsPerMinute: 3, trustsProxy: false, now: () => now });
  for (let i = 0; i < 3; i++) gate.admit(from("203.0.113.7"));
  expect(() => gate.admit(from("203.0.113.7"))).toThrow(
    expect.objectContaining({ status: 429, headers: { "retry-after": "20" } }),
  );
  gate.admit(from("203.0.113.8"));
  now += 20_000;
  gate.admit(from("203.0.113.7"));
});

test.each(["", "localhost", "203.0.113.0/33", "203.0.113.0/", "2001:db8::/129", "1.2.3.4/8/8", "1.2.3.4/x"])(
  "a range that is none is refused: %j",
  (range) => {
    expect(() => openGate({ allow: [range], requestsPerMinute: 1, trustsProxy: false })).toThrow(/--allow/);
  },
);
