import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { noctuary, temporaryFolder } from "./noctuary.ts";

const DOCS = new URL("../../docs/", import.meta.url);
const PAGES = [...readdirSync(new URL("runbooks/", DOCS)).map((page) => `runbooks/${page}`), "operating.md"];
/** What a reader puts in the place of each word in capitals. */
const WORDS: Record<string, string> = {
  "LAST-SATURDAY": "2026-11-21",
  "LAST-SUNDAY": "2026-11-22",
  YESTERDAY: "2026-11-22",
  CLUSTER: "1c041ff1",
  USER: "u1",
  TABLE: "public.notes",
  RUN: "fc7cb367",
};

function commandsIn(page: string): string[] {
  const text = readFileSync(new URL(page, DOCS), "utf8");
  return [...text.matchAll(/`(noctuary [^`]+)`|^(noctuary .+)$/gm)].map((found) => found[1] ?? found[2]!);
}

test("the commands that the pages for whoever is on call name are whole: all that they miss here is a database", {
  timeout: 120_000,
}, async () => {
  const commands = [...new Set(PAGES.flatMap(commandsIn))];
  expect(commands.length).toBeGreaterThan(15);
  const home = temporaryFolder();
  for (const command of commands) {
    const [, ...args] = command.split(/\s+/).map((word) => WORDS[word] ?? word);
    const { code, stdout, stderr } = await noctuary(["--home", home, ...args], {
      environment: { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" },
    });
    expect([command, code, /[A-Z]{3,}/.test(args.join(" ").replace(/\d/g, ""))]).toEqual([command, 1, false]);
    expect(stdout + stderr, command).toContain("DATABASE_URL");
  }
});
