import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { commandEnvironment, commandLine, copiedHome, noctuary, temporaryFolder } from "./noctuary.ts";

test("serve answers the documented call with the secret it made, runs the job, and stops when it is told to", {
  timeout: 120_000,
}, async () => {
  const home = copiedHome();
  const server = spawn(process.execPath, [commandLine, "serve", "--home", home, "--port", "0", "--json"], {
    env: commandEnvironment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void server.kill("SIGKILL"));
  let announced = "";
  for await (const line of createInterface(server.stdout)) {
    announced += line;
    if (line === "}") break;
  }
  const { url, secretPath } = JSON.parse(announced) as { url: string; secretPath: string };
  expect(secretPath).toBe(join(home, "cron-secret"));
  expect(statSync(secretPath).mode & 0o077).toBe(0);
  const secret = readFileSync(secretPath, "utf8").trim();

  const call = (method: string, path: string, authorization: string) =>
    fetch(`${url}${path}`, { method, headers: { authorization } });
  expect((await call("POST", "/api/cron/nightly-cluster", "Bearer wrong-wrong-wrong")).status).toBe(401);
  const started = await call("POST", "/api/cron/nightly-cluster", `Bearer ${secret}`);
  expect(started.status).toBe(202);
  const { statusUrl } = (await started.json()) as { statusUrl: string };
  await expect
    .poll(
      async () =>
        ((await (await call("GET", statusUrl, `Bearer ${secret}`)).json()) as { status: string }).status,
      { timeout: 60_000 },
    )
    .toBe("done");

  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
});

test.each([
  [["--host", "0.0.0.0"], "--tls-cert"],
  [["--host", "0.0.0.0", "--trusted-proxy"], "CRON_SECRET"],
  [["--port", "http"], "--port"],
  [["--allow", "everybody"], "--allow"],
  [["--tls-cert", "a.pem"], "--tls-key"],
  [["--tls-cert", "none.pem", "--tls-key", "none.pem"], "none.pem"],
])("serve %j is refused before anything listens", { timeout: 60_000 }, async (args, word) => {
  const { code, stderr } = await noctuary(["serve", "--home", temporaryFolder(), ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(word);
});
