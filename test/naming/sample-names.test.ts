import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { faultsOf, nameCollection } from "../../bench/names.ts";

vi.setConfig({ testTimeout: 60_000 });

const notebook = new URL("../../packages/cli/sample-notebook/", import.meta.url).pathname;

test("no name of the sample notebook has a fault that needs no reader, and no area strings its topics together", async () => {
  const files = readdirSync(notebook, { recursive: true, encoding: "utf8" }).filter((f) => f.endsWith(".md"));
  const areas = await nameCollection(
    files.sort().map((file) => ({
      title: file.split("/").at(-1)!.replace(/\.md$/, ""),
      body: readFileSync(join(notebook, file), "utf8").replace(/^---\n[\s\S]*?\n---\n/, ""),
    })),
  );
  expect(areas.some(({ topics }) => topics.length > 1)).toBe(true);
  expect(faultsOf(areas)).toEqual([]);
});

test("the check knows an area that strings its topics together from one that says what they share", () => {
  const topic = (name: string) => ({ name, keyphrases: [], size: 9, titles: [], members: new Set<string>() });
  const named = (name: string) =>
    faultsOf([{ name, keyphrases: [], size: 18, topics: [topic("Vim"), topic("Window & tabs")] }]);
  expect(named("Vim & window")).toEqual(["topics' names strung together: Vim & window"]);
  expect(named("Vim & more")).toEqual([]);
  expect(named("Vim & buffers")).toEqual([]);
});
