import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startOpenAiServer } from "../support/openai-server.ts";
import { heldHome, noctuary, temporaryFolder } from "./noctuary.ts";

test("a night that a provider refused is listed with its reason, and a redrive finishes it", {
  timeout: 600_000,
}, async () => {
  await using provider = await startOpenAiServer({ misbehave: () => ({ status: 401 }) });
  const home = await heldHome();
  const path = join(temporaryFolder(), "notes.jsonl");
  const note = (id: string) =>
    JSON.stringify({ id, createdAt: "2026-05-25", body: `About rye, number ${id}.` });
  writeFileSync(path, ["1", "2", "3"].map(note).join("\n"));
  const at = (...args: string[]) =>
    noctuary(["--home", home, ...args], {
      environment: { OPENAI_BASE_URL: provider.url, NOCTUARY_EMBEDDER: "openai" },
    });
  await at("sync", path);
  const failed = await at("--json", "run", "nightly-cluster", "--yes");
  expect(failed.code, failed.stderr).not.toBe(0);
  const { id } = failed.json<{ id: string }>();
  const short = id.slice(0, 8);

  expect((await at("runs", short, "failures")).stdout).toMatch(
    /embed of me: the provider refused the API key/,
  );
  delete provider.options.misbehave;
  const redriven = await at("--json", "runs", short, "redrive", "--code", "provider_key_refused", "--yes");
  expect(redriven.json()).toMatchObject({ id, status: "done", redriven: 1, error: null });
  expect(redriven.code).toBe(0);
  expect((await at("--json", "runs", short, "failures")).json()).toEqual({
    tasks: [],
    notes: [],
    deadLetters: [],
  });
});
