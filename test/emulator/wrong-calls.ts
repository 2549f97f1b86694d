import assert from "node:assert/strict";
import type pg from "pg";
import type { DeployedStage } from "./deployed-stage.ts";
import { runs } from "./ledger.ts";
import { type RawAnswer, rawCall } from "./raw-call.ts";
import { eventually } from "./steps.ts";

const JOB = "/api/cron/nightly-cluster";
const RUN = "/api/cron/runs/none";
const JSON_BODY = "content-type: application/json";

/** One line of a table: what is wrong, the answer, and what is sent. */
type Call = [
  string,
  number,
  string | undefined,
  { method?: string; path?: string; lines: string[]; body?: string },
];

/** Each through the deployed gateway; none of them starts anything. */
export async function wrongCalls(stage: DeployedStage, database: pg.Client): Promise<void> {
  const secret = await stage.cronSecret();
  const bearer = `authorization: Bearer ${secret}`;
  const half = secret.length / 2;
  const users = { userIds: Array.from({ length: 10_000 }, (_, i) => `u${i}`) };
  const unauthorized = (what: string, lines: string[]): Call => [what, 401, "unauthorized", { lines }];
  const asJson = (what: string, status: number, code: string, body: string): Call => [
    what,
    status,
    code,
    { lines: [bearer, JSON_BODY], body },
  ];
  await expectAll(
    stage,
    [
      unauthorized("no header", []),
      unauthorized("a wrong token", ["authorization: Bearer not-the-secret-at-all"]),
      unauthorized("an empty token", ["authorization: Bearer "]),
      unauthorized("two headers, the right one last", [
        "authorization: Bearer another-one-altogether",
        bearer,
      ]),
      unauthorized("two headers, the right one first", [
        bearer,
        "authorization: Bearer another-one-altogether",
      ]),
      unauthorized("the same header twice", [bearer, bearer]),
      unauthorized("a fold in the token", [
        `authorization: Bearer ${secret.slice(0, half)}`,
        ` ${secret.slice(half)}`,
      ]),
      unauthorized("no token, and a forged address", ["x-forwarded-for: 127.0.0.1, 203.0.113.9"]),
      // Not even the gateway's server takes these. With a colon behind the line feed, as the emulator's secrets may have
      // one (it does not keep to excludePunctuation), that would be a header of its own.
      [
        "a line feed in the token",
        400,
        undefined,
        { lines: ["authorization: Bearer of-letters\nand-more-of-them"] },
      ],
      [
        "a carriage return in the token",
        400,
        undefined,
        { lines: [`${bearer.slice(0, 40)}\r${bearer.slice(40)}`] },
      ],
      ["a null in the token", 400, undefined, { lines: [`${bearer}\0`] }],
      ["no such route", 404, "not_found", { path: "/api/nothing", lines: [bearer] }],
      ["no such job", 404, "not_found", { path: "/api/cron/nightly", lines: [bearer] }],
      ["DELETE", 405, "method_not_allowed", { method: "DELETE", lines: [bearer] }],
      ["OPTIONS", 405, "method_not_allowed", { method: "OPTIONS", lines: [bearer] }],
      asJson("malformed JSON", 400, "bad_request", "{dryRun"),
      asJson("an unknown field", 400, "bad_request", '{"dryrun": true}'),
      asJson("10,000 users", 400, "bad_request", JSON.stringify(users)),
      asJson("300 kB", 413, "body_too_large", JSON.stringify({ userIds: ["u".repeat(300_000)] })),
      asJson("11 MB", 413, "body_too_large", JSON.stringify({ userIds: ["u".repeat(11_000_000)] })),
      ["text", 415, "unsupported_media_type", { lines: [bearer, "content-type: text/plain"], body: "a" }],
    ],
    database,
  );
}

/** Odd, and right all the same: nobody is locked out by them. */
export async function oddCalls(stage: DeployedStage, database: pg.Client): Promise<void> {
  const secret = await stage.cronSecret();
  const found = (what: string, lines: string[]): Call => [
    what,
    404,
    "run_not_found",
    { method: "GET", path: RUN, lines },
  ];
  await expectAll(
    stage,
    [
      found("the scheme in lower case", [`authorization: bearer ${secret}`]),
      found("the header in capitals", [`AUTHORIZATION: Bearer ${secret}`]),
      found("two spaces", [`authorization: Bearer  ${secret}`]),
      found("a forged address", [`authorization: Bearer ${secret}`, "x-forwarded-for: 203.0.113.9"]),
    ],
    database,
  );
}

async function expectAll(stage: DeployedStage, calls: Call[], database: pg.Client): Promise<void> {
  const before = (await runs(database)).length;
  const answers: unknown[] = [];
  for (const [what, , , { method = "POST", path = JOB, lines, body }] of calls) {
    const answer = await untilLetIn(() => rawCall(stage.url(path), method, lines, body));
    answers.push([what, answer.status, answer.body?.error?.code]);
  }
  assert.deepEqual(
    answers,
    calls.map(([what, status, code]) => [what, status, code]),
  );
  assert.equal((await runs(database)).length, before);
}

/** The stage's throttle counts these as it counts any: whoever is told 429 asks again. */
function untilLetIn(call: () => Promise<RawAnswer>): Promise<RawAnswer> {
  return eventually("a call is let in", async () => {
    const answer = await call();
    return answer.status === 429 ? undefined : answer;
  });
}

/** What the gateway would answer by itself, as it was deployed. */
export async function gatewayAnswers(stage: DeployedStage): Promise<void> {
  const expected = {
    UNAUTHORIZED: ["401", "unauthorized"],
    ACCESS_DENIED: ["403", "forbidden"],
    MISSING_AUTHENTICATION_TOKEN: ["404", "not_found"],
    REQUEST_TOO_LARGE: ["413", "body_too_large"],
    UNSUPPORTED_MEDIA_TYPE: ["415", "unsupported_media_type"],
    THROTTLED: ["429", "too_many_requests"],
  };
  for (const [type, answer] of Object.entries(expected)) {
    const { statusCode, responseTemplates } = await stage.gatewayResponse(type);
    const { error } = JSON.parse(responseTemplates["application/json"]!);
    assert.deepEqual([statusCode, error.code], answer, type);
  }
}
