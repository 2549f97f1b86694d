import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startOpenAiServer } from "../support/openai-server.ts";
import { heldHome, noctuary, temporaryFolder } from "./noctuary.ts";

test("a budget is told before it is spent and when it is spent, and a price that nobody knows is told loudly", {
  timeout: 600_000,
}, async () => {
  await using provider = await startOpenAiServer();
  const home = await heldHome();
  const path = join(temporaryFolder(), "notes.jsonl");
  const note = (number: number) =>
    JSON.stringify({
      userId: "ann",
      id: `${number}`,
      createdAt: "2026-05-25",
      body: `About rye, number ${number}.`,
    });
  writeFileSync(path, Array.from({ length: 12 }, (_, i) => note(i)).join("\n"));
  const at = (environment: Record<string, string>, ...args: string[]) =>
    noctuary(["--home", home, ...args], {
      environment: {
        OPENAI_BASE_URL: provider.url,
        NOCTUARY_EMBEDDER: "openai",
        NOCTUARY_MONTHLY_BUDGET_USD: "100",
        ...environment,
      },
    });
  await at({}, "sync", path);

  const ours = { NOCTUARY_EMBEDDING_MODEL: "a-model-of-ours" };
  const dry = await at(ours, "run", "nightly-cluster", "--dry-run");
  expect(dry.code, dry.stderr).toBe(0);
  expect(dry.stdout).toMatch(/budget +\$100\.00 left this month/);
  expect(dry.stdout).toMatch(/NOT SENT +12 texts: .*nobody knows the price of a-model-of-ours/);
  const unpriced = await at(ours, "doctor");
  expect(unpriced.code).toBe(1);
  expect(unpriced.stdout).toMatch(/nobody knows what a-model-of-ours costs, .*set usdPerMillionTokens/);

  const dear = { ...ours, NOCTUARY_USD_PER_MILLION_TOKENS: "1000000" };
  expect((await at(dear, "run", "nightly-cluster", "--dry-run")).stdout).toContain("perhaps 1 user");
  const run = await at(dear, "run", "nightly-cluster", "--yes");
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).toContain("12 notes wait for a budget");
  expect(provider.requests).toEqual([]);
  const doctor = await at(dear, "doctor");
  expect(doctor.stdout).toMatch(/ok +budget +\$0\.00 of \$100\.00 in /);
  expect(doctor.stdout).toMatch(/12 waiting: the budget of all users .*\(budget_spent_total\), since /);

  const cheap = { ...ours, NOCTUARY_USD_PER_MILLION_TOKENS: "1" };
  expect((await at(cheap, "run", "nightly-cluster", "--yes")).stdout).toContain("12 embedded by");
  expect((await at(cheap, "usage")).stdout).toMatch(/Budget: .* of \$100\.00 in /);
  const spent = await at({ ...cheap, NOCTUARY_MONTHLY_BUDGET_USD: "0.000001" }, "doctor");
  expect(spent.code).toBe(1);
  expect(spent.stdout).toMatch(/used up: nothing new is embedded/);
});
