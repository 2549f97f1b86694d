import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const LEFT_OUT = new Set(["node_modules", ".git", ".sst", ".build", "sample-notebook", "dist"]);
const pages = pagesIn(ROOT);

function pagesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (LEFT_OUT.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? pagesIn(path) : entry.name.endsWith(".md") ? [path] : [];
  });
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): Set<string> {
  const headings = readFileSync(page, "utf8").matchAll(/^#{1,6} (.*)$/gm);
  return new Set(
    [...headings].map(([, heading]) =>
      heading!
        .trim()
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_\- ]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test("every link from a page to another place of the repository leads there", () => {
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link]) => {
      if (/^(?:https?|mailto):/.test(link!)) return [];
      const [path, anchor] = link!.split("#");
      const target = path === "" ? page : join(dirname(page), path!);
      const isThere =
        existsSync(target) &&
        (anchor === undefined || !target.endsWith(".md") || anchorsOf(target).has(anchor));
      return isThere ? [] : [`${relative(ROOT, page)}: ${link}`];
    }),
  );
  expect(pages.length).toBeGreaterThan(30);
  expect(broken).toEqual([]);
});

test("every script and test file that a page names is there", () => {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: object };
  const missing = pages.flatMap((page) => {
    const text = readFileSync(page, "utf8");
    const named = [...text.matchAll(/npm run ([\w:-]+)/g)].flatMap(([, name]) =>
      name! in scripts ? [] : [name!],
    );
    const tests = [...text.matchAll(/\b(?:test|bench|scripts)\/[\w./-]*\w/g)].flatMap(([path]) =>
      isAtRoot(path) ? [] : [path],
    );
    return [...named, ...tests].map((what) => `${relative(ROOT, page)}: ${what}`);
  });
  expect(missing).toEqual([]);
});

/** A file or folder, or how the name of one begins: "test/ledger/out-of-time". */
function isAtRoot(path: string): boolean {
  const folder = join(ROOT, dirname(path));
  const name = path.split("/").at(-1)!;
  return (
    existsSync(folder) && readdirSync(folder).some((entry) => entry === name || entry.startsWith(`${name}.`))
  );
}
