import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startOpenAiServer } from "../support/openai-server.ts";
import { heldHome, noctuary, temporaryFolder } from "./noctuary.ts";

test("usage tells by user, day and model what was asked and paid; a run tells its own tokens and dollars", {
  timeout: 600_000,
}, async () => {
  await using provider = await startOpenAiServer();
  const home = await heldHome();
  const folder = temporaryFolder();
  const path = join(folder, "notes.jsonl");
  const note = (userId: string, id: string) =>
    JSON.stringify({ userId, id, createdAt: "2026-05-25", body: `About rye, number ${id}.` });
  writeFileSync(path, [note("ann", "1"), note("ann", "2"), note("bob", "3")].join("\n"));
  const at = (model: string, ...args: string[]) =>
    noctuary(["--home", home, ...args], {
      environment: { OPENAI_BASE_URL: provider.url, NOCTUARY_EMBEDDING_MODEL: model },
    });
  const night = ["--json", "run", "nightly-cluster", "--embedder", "openai", "--yes"];
  await at("", "sync", path);
  expect((await at("", "usage")).stdout).toContain("Nothing was asked of an embedder since");
  const first = await at("text-embedding-3-large", ...night, "--as-of", "2026-11-01");
  expect(first.code, first.stderr).toBe(0);
  const { id, totals, costUsd } = first.json<{ id: string; totals: { tokens: number }; costUsd: number }>();
  expect(costUsd).toBeCloseTo((totals.tokens * 0.13) / 1e6, 12);
  const second = await at("a-model-of-ours", ...night, "--as-of", "2026-11-02", "--user", "bob");
  expect(second.json()).toMatchObject({ costUsd: null });

  const rows = (await at("", "--json", "usage", "--since", "2026-11-01")).json<unknown[]>();
  expect(rows).toMatchObject([
    { day: "2026-11-02", userId: "bob", model: "a-model-of-ours", inputs: 1, requests: 2, costUsd: null },
    { day: "2026-11-01", userId: "ann", model: "text-embedding-3-large", inputs: 2, requests: 1 },
    { day: "2026-11-01", userId: "bob", model: "text-embedding-3-large", inputs: 1, requests: 1 },
  ]);
  const shown = await at("", "usage", "--since", "2026-11-01");
  expect(shown.stdout).toMatch(/2026-11-02 +bob +a-model-of-ours +1 +2 +\d+ +cost unknown/);
  expect(shown.stdout).toMatch(/Since 2026-11-01: 4 requests, \d+ tokens, .* and what has no known price/);
  const anns = await at("", "usage", "--since", "2026-11-01", "--user", "ann");
  expect(anns.stdout).not.toContain("bob");
  expect((await at("", "usage", "--since", "2026-02-30")).code).toBe(2);

  const run = await at("", "runs", id.slice(0, 8));
  expect(run.stdout).toMatch(new RegExp(`tokens +${totals.tokens}\\n +cost +under \\$0\\.0001`));
});
