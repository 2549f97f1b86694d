import { request } from "node:http";
import { openGate } from "@noctuary/cli/serve/gate";
import { type RunningServer, startHttpServer } from "@noctuary/cli/serve/http-server";
import type { Context } from "@noctuary/core/context";
import type { SettingName } from "@noctuary/core/setting-definitions";
import { resolveSettings, type Settings } from "@noctuary/core/settings";
import { openDatabase } from "@noctuary/db/database";
import { cronApi } from "@noctuary/functions/runtime/cron-api";
import { cronSecretSource } from "@noctuary/functions/runtime/cron-secrets";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { PATIENT } from "../support/patience.ts";

const SECRET = "a-secret-of-sixteen-or-more";
const PREVIOUS = "the-secret-of-last-quarter";

const database = emptiedDatabase();
let night: Night;
let server: RunningServer;

beforeEach(async () => {
  await putNotes(database, "u1", themedNotes(3));
  await putNotes(database, "u2", themedNotes(3));
  night = await openNight(database);
  server = await serveApi();
});
afterEach(async () => {
  await server.close();
  await night.close();
});

function serveApi(
  context: () => Context = () => night.context,
  values: Partial<Record<SettingName, unknown>> = { cronSecret: SECRET, cronSecretPrevious: PREVIOUS },
) {
  const { settings } = resolveSettings([{ origin: "test", values }]);
  return listen(context, settings);
}

function listen(context: () => Context, settings: Settings): Promise<RunningServer> {
  const source = cronSecretSource(settings);
  return startHttpServer({
    host: "127.0.0.1",
    port: 0,
    gate: openGate({ allow: [], requestsPerMinute: 10_000, trustsProxy: false }),
    handler: cronApi(context, () => source),
  });
}

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: { error?: { code: string; message: string } } & Record<string, unknown>;
}

/** Over node:http, which sends header values and repeated headers as they are given. */
function call(
  path: string,
  {
    method = "POST",
    headers = { authorization: `Bearer ${SECRET}` },
    body,
  }: { method?: string; headers?: Record<string, string | string[]>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}${path}`, { method, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          body: text === "" ? {} : JSON.parse(text),
        }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const asJson = { authorization: `Bearer ${SECRET}`, "content-type": "application/json" };
const runCount = async () =>
  (await database.query<{ n: number }>("select count(*)::int as n from noctuary.run"))[0]!.n;

test("the documented call starts a run, and its address tells how it ended", async () => {
  const started = await call("/api/cron/nightly-cluster");
  expect(started).toMatchObject({ status: 202, body: { job: "nightly-cluster", joined: false } });
  const { runId, statusUrl } = started.body as { runId: string; statusUrl: string };
  expect(started.headers.location).toBe(statusUrl);
  expect((await call(statusUrl, { method: "GET" })).body).toMatchObject({ id: runId, status: "running" });
  await night.finish(runId);
  expect(await call(statusUrl, { method: "GET" })).toMatchObject({
    status: 200,
    body: { id: runId, status: "done", totals: { users: 2, embedded: 6 }, trigger: "manual" },
  });
});

test("GET starts a run as well, as some cron services send it, and the same call joins the open run", async () => {
  const first = await call("/api/cron/nightly-cluster", { method: "GET" });
  const second = await call("/api/cron/nightly-cluster");
  expect(first.status).toBe(202);
  expect(second).toMatchObject({ status: 202, body: { runId: first.body.runId, joined: true } });
  expect(await runCount()).toBe(1);
});

test("options come in the body, or as flags in the query", async () => {
  const body = await call("/api/cron/nightly-cluster", {
    headers: asJson,
    body: JSON.stringify({ dryRun: true, userIds: ["u1"] }),
  });
  const query = await call("/api/cron/nightly-cluster?dryRun=true", { method: "GET" });
  expect((await night.finish(body.body.runId as string)).options).toEqual({ dryRun: true, userIds: ["u1"] });
  const dry = await night.finish(query.body.runId as string);
  expect(dry).toMatchObject({ options: { dryRun: true }, totals: { toEmbed: 6 } });
  expect(await database.query("select 1 from noctuary.note_embedding")).toEqual([]);
});

describe("without the secret", () => {
  test.each<[string, Record<string, string | string[]>]>([
    ["no header", {}],
    ["an empty token", { authorization: "Bearer " }],
    ["another scheme", { authorization: `Basic ${SECRET}` }],
    ["a wrong token", { authorization: "Bearer not-the-secret-at-all" }],
    ["a part of the token", { authorization: `Bearer ${SECRET.slice(0, -1)}` }],
    ["something after the token", { authorization: `Bearer ${SECRET} and more` }],
    ["the token alone", { authorization: SECRET }],
    ["two headers", { authorization: [`Bearer ${SECRET}`, "Bearer other"] }],
    ["a tab for the space", { authorization: `Bearer\t${SECRET}` }],
  ])("%s is refused, and nothing starts", async (_, headers) => {
    const refused = await call("/api/cron/nightly-cluster", { headers });
    expect(refused).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
    expect(refused.headers["www-authenticate"]).toBe("Bearer");
    expect(await runCount()).toBe(0);
  });

  test("not even a route is told apart from none", async () => {
    for (const path of ["/api/cron/nothing", "/", "/api/cron/runs/x"]) {
      expect((await call(path, { headers: {} })).status, path).toBe(401);
    }
  });
});

test.each([
  ["in lower case", `bearer ${SECRET}`],
  ["with two spaces", `Bearer  ${SECRET}`],
  ["the one before the rotation", `Bearer ${PREVIOUS}`],
])("a token %s is accepted", async (_, authorization) => {
  expect((await call("/api/cron/nightly-cluster", { headers: { authorization } })).status).toBe(202);
});

test("a call with the previous secret is logged as one", async () => {
  await call("/api/cron/nightly-cluster", { headers: { authorization: `Bearer ${PREVIOUS}` } });
  await expect.poll(() => night.log(), PATIENT).toContain("trigger called with the previous secret");
  expect(night.log()).not.toContain(PREVIOUS);
});

test("a token with a line break never leaves the caller, nor reaches the handler", async () => {
  await expect(
    call("/api/cron/nightly-cluster", { headers: { authorization: `Bearer ${SECRET}\r\nx: y` } }),
  ).rejects.toThrow(/Invalid character/);
  expect(await runCount()).toBe(0);
});

describe("a call that cannot be understood starts nothing and says what to send", () => {
  const post = (body: string, type = "application/json") => ({
    headers: { ...asJson, "content-type": type },
    body,
  });
  test.each<[string, number, string, Parameters<typeof call>[1], string?]>([
    ["malformed JSON", 400, "bad_request", post("{dryRun")],
    ["a list", 400, "bad_request", post("[]")],
    ["an unknown field", 400, "bad_request", post('{"dryrun": true}')],
    ["a word for a flag", 400, "bad_request", post('{"dryRun": "yes"}')],
    ["a form", 415, "unsupported_media_type", post("dryRun=true", "application/x-www-form-urlencoded")],
    ["300 KiB", 413, "body_too_large", post(JSON.stringify({ userIds: ["u".repeat(300 * 1024)] }))],
    ["2 MiB", 413, "body_too_large", post(" ".repeat(2 * 1024 * 1024))],
    [
      "10,000 users",
      400,
      "bad_request",
      post(JSON.stringify({ userIds: Array.from({ length: 10_000 }, (_, i) => `u${i}`) })),
    ],
    ["DELETE", 405, "method_not_allowed", { method: "DELETE" }],
    ["an unknown job", 404, "not_found", {}, "/api/cron/nightly"],
    ["a job in capitals", 404, "not_found", {}, "/api/cron/Nightly-Cluster"],
    ["a path that climbs", 404, "not_found", {}, "/api/cron/../cron/runs"],
    ["an unknown run", 404, "run_not_found", { method: "GET" }, "/api/cron/runs/none"],
    ["an unknown parameter", 400, "bad_request", { method: "GET" }, "/api/cron/nightly-cluster?dry=1"],
    ["a flag twice", 400, "bad_request", { method: "GET" }, "/api/cron/nightly-cluster?full=true&full=false"],
  ])("%s: %i %s", async (_, status, code, options, path = "/api/cron/nightly-cluster") => {
    const answer = await call(path, options);
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(await runCount()).toBe(0);
  });

  test("a wrong method is told the right ones", async () => {
    expect((await call("/api/cron/nightly-cluster", { method: "PUT" })).headers.allow).toBe("POST, GET");
    expect((await call("/api/cron/runs/x", { method: "POST" })).headers.allow).toBe("GET");
  });
});

test("a database that is away is an error of ours: a code, and no word of the cause", async () => {
  const away = openDatabase({ url: "postgres://app:hunter2@127.0.0.1:1/none", maxConnections: 1 });
  onTestFinished(() => away.close());
  await server.close();
  server = await serveApi(() => ({ ...night.context, db: away }));
  const failed = await call("/api/cron/nightly-cluster");
  expect(failed).toMatchObject({ status: 500, body: { error: { code: "internal_error" } } });
  expect(JSON.stringify(failed.body)).not.toContain("hunter2");
  expect(night.log()).not.toContain("hunter2");
});
