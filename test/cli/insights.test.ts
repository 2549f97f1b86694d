import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startLocalRuntime } from "@noctuary/cli/local/local-runtime";
import { openSession } from "@noctuary/cli/session";
import { openTerminal } from "@noctuary/cli/terminal";
import type { Insight } from "@noctuary/core/weekly-insights/insight";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { startChatServer } from "../support/chat-server.ts";
import { honest } from "../support/honest-model.ts";
import { copiedHome, heldHome, noctuary, temporaryFolder } from "./noctuary.ts";
import { writeVault } from "./small-vault.ts";

const TIMEOUT = { timeout: 600_000 };
/** The vault's notes are of the 1st to the 12th of September 2026; this week holds the 6th to the 12th. */
const WEEK = "2026-09-12";

/** A home after a night. Each test has a copy. */
const afterNight = copiedHome(inject("emptyHome"), afterAll);
const vault = temporaryFolder(afterAll);
beforeAll(async () => {
  writeVault(vault);
  writeFileSync(
    join(vault, "Draft.md"),
    "---\ncreated: 2026-09-10\n---\n<b>Rye</b> & water.\n\n- [ ] order rye_flour\n",
  );
  for (const args of [
    ["sync", vault],
    ["run", "nightly-cluster", "--as-of", "2026-09-13"],
  ]) {
    const { code, stderr } = await noctuary(["--home", afterNight, ...args]);
    expect(code, stderr).toBe(0);
  }
}, 120_000);

test(
  "a week is told, shown in four forms, found by its days, and stands in the export",
  TIMEOUT,
  async () => {
    const home = await heldHome(afterNight);
    const run = (...args: string[]) => noctuary(["--home", home, ...args]);
    const before = await run("insights");
    expect(before.code).not.toBe(0);
    expect(before.stderr).toContain("run `noctuary run weekly-insights`");

    const dry = await run("run", "weekly-insights", "--week", WEEK, "--dry-run");
    expect(dry.stdout).toMatch(/to write +\d sections from \d+ facts/);
    expect(dry.stdout).toMatch(/at most +0 questions, 0 tokens, \$0/);
    expect((await run("insights")).code, "a dry run tells nothing").not.toBe(0);

    const told = await run("run", "weekly-insights", "--week", WEEK);
    expect(told.code, told.stderr).toBe(0);
    expect(told.stdout).toContain("1 week told");

    const shown = await run("insights");
    expect(shown.stdout).toContain("The week of 6 to 12 September 2026");
    expect(shown.stdout).toContain("“order rye_flour”");

    const insight = (await run("--json", "insights", "--week", "2026-09-08")).json<Insight>();
    expect(insight).toMatchObject({ version: 1, week: WEEK, firstDay: "2026-09-06", status: "complete" });
    expect(insight.sections[0]!.sentences[0]!.noteIds.length).toBeGreaterThan(0);

    const markdown = (await run("insights", "--md")).stdout;
    expect(markdown).toMatch(/^# The week of 6 to 12 September 2026/);
    expect(markdown, "a note's marks are no markup").toContain("order rye\\_flour");

    const html = (await run("insights", "--html")).stdout;
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toMatch(/<script|<link|<img|src=|<style[^>]*src/i);

    for (const [args, message] of [
      [["--week", "2026-10-24"], `those that end on ${WEEK}`],
      [["--week", "tomorrow"], "write a date"],
      [["--md", "--html"], "choose one"],
      [["--user", "nobody"], "nobody"],
    ] as const) {
      const wrong = await run("insights", ...args);
      expect(wrong.code, args.join(" ")).not.toBe(0);
      expect(wrong.stderr + wrong.stdout).toContain(message);
    }

    const pages = join(home, "pages");
    expect((await run("export", pages)).code).toBe(0);
    const texts = readdirSync(pages).map((name) => readFileSync(join(pages, name), "utf8"));
    expect(texts.filter((text) => text.includes("The week of 6 to 12 September 2026"))).toHaveLength(1);
  },
);

test(
  "excerpts go to no language model before somebody agreed, and a dry run says what they would cost",
  TIMEOUT,
  async () => {
    const home = await heldHome(afterNight);
    await using chat = await startChatServer(honest);
    const environment = {
      NOCTUARY_LLM: "openai",
      NOCTUARY_LLM_MODEL: "gpt-4.1-mini",
      NOCTUARY_LLM_BASE_URL: chat.url,
      NOCTUARY_LLM_API_KEY: "a-key",
    };
    const told = (...more: string[]) =>
      noctuary(["--home", home, "run", "weekly-insights", "--week", WEEK, ...more], { environment });
    const refused = await told();
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`excerpts of notes to ${new URL(chat.url).host} (gpt-4.1-mini)`);
    expect(refused.stderr).toContain("--yes");

    const dry = await told("--dry-run");
    expect(dry.code, dry.stderr).toBe(0);
    expect(dry.stdout).toMatch(/at most +\d questions, [\d,]+ tokens, (?:under )?\$0\.\d+/);
    expect(chat.requests, "nothing has left").toEqual([]);

    const agreed = await told("--yes");
    expect(agreed.code, agreed.stderr).toBe(0);
    expect(chat.requests.length).toBeGreaterThan(0);
    expect(agreed.stdout).toMatch(/\d of \d+ sentences? held/);
  },
);

test(
  "a dry run that nobody agreed to anything for works on its own tasks alone, whatever else comes through its queues",
  TIMEOUT,
  async () => {
    const home = copiedHome(afterNight);
    await using chat = await startChatServer(honest);
    const terminal = openTerminal({ isJson: true });
    const flags = { llm: "openai", llmModel: "gpt-4.1-mini", llmBaseUrl: chat.url, llmApiKey: "a-key" };
    const session = await openSession({ home }, terminal, { flags });
    const runtime = await startLocalRuntime(session);
    try {
      const asOf = "2026-09-13T12:00:00Z";
      // As another process's: planned, and its messages are sent by whoever sends next.
      const left = await runtime.startJob("weekly-insights", { trigger: "manual", asOf, options: {} });
      const dry = await runtime.runAlone("weekly-insights", {
        trigger: "manual",
        asOf,
        options: { dryRun: true },
      });
      expect(dry).toMatchObject({ status: "done", options: { dryRun: true } });
      expect(chat.requests, "nothing has left").toEqual([]);
      const { rows } = await session.db.pool.query(
        "select status, attempts from noctuary.task where run_id = $1 and step = 'insights'",
        [left.runId],
      );
      expect(rows).toEqual([{ status: "pending", attempts: 0 }]);

      await runtime.takeUp();
      expect(await runtime.waitForRun(left.runId)).toMatchObject({ status: "done" });
      expect(chat.requests.length).toBeGreaterThan(0);
    } finally {
      await runtime.close();
      await session.close();
    }
  },
);
