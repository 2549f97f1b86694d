import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { lexicalCollection } from "../../bench/collection.ts";
import { feedNights } from "../../bench/feed-nights.ts";
import { measureQuality } from "../../bench/quality.ts";

vi.setConfig({ testTimeout: 60_000 });

const notebook = new URL("../../packages/cli/sample-notebook/", import.meta.url).pathname;

/** The notes of the sample notebook, their folders as labels, the oldest first as far as their names tell. */
function notes() {
  const files = readdirSync(notebook, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".md"));
  return files.sort().map((file) => {
    const [folder, name] = [file.split("/")[0]!, file.split("/").at(-1)!];
    const body = readFileSync(join(notebook, file), "utf8").replace(/^---\n[\s\S]*?\n---\n/, "");
    return { input: `${name.replace(/\.md$/, "")}\n\n${body}`, label: folder };
  });
}

/** Just below what is measured now: a change that costs more than it says is noticed. */
test("the sample notebook is grouped about as its folders are, and stays so while it grows", async () => {
  const { name, embedder, rows, notes: filed } = await lexicalCollection("sample", notes());
  const report = await measureQuality({ name, embedder, rows, notes: filed });
  expect(report.score!.v).toBeGreaterThan(0.57);
  expect(report.score!.ami).toBeGreaterThan(0.48);
  expect(report.score!.ari).toBeGreaterThan(0.36);
  expect(report.coverage).toBe(1);
  expect(report.movedCold).toBeLessThan(0.11);
  expect(report.movedWarm).toBeLessThan(0.005);

  const sizes = Array.from({ length: 21 }, (_, night) => filed.length - 2 * (20 - night));
  const nights = await feedNights(rows, sizes);
  const moved = nights.slice(1).map(({ moved }, i) => moved / sizes[i]!);
  expect(moved.reduce((sum, share) => sum + share, 0) / moved.length).toBeLessThan(0.02);
});
