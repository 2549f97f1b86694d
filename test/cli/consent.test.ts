import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startChatServer } from "../support/chat-server.ts";
import { copiedHome, noctuary, temporaryFolder } from "./noctuary.ts";

describe("a language model", () => {
  test("is asked nothing by a key alone, and nothing before a person agreed", {
    timeout: 120_000,
  }, async () => {
    await using server = await startChatServer(() => ({ status: 401 }));
    const home = copiedHome();
    const vault = temporaryFolder();
    writeFileSync(join(vault, "Rye.md"), "Rye, water and salt.");
    const set = (values: object) => writeFileSync(join(home, "settings.json"), JSON.stringify(values));
    const run = (...args: string[]) => noctuary(["run", "nightly-cluster", "--home", home, ...args]);

    set({ llmBaseUrl: server.url, llmApiKey: "sk-llm", openaiApiKey: "sk-embedder" });
    await noctuary(["sync", vault, "--home", home]);
    expect((await run()).code).toBe(0);

    const refused = await run("--llm", "openai");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain(
      `would send excerpts of notes to ${new URL(server.url).host} (gpt-4.1-mini)`,
    );
    expect(refused.stderr).toContain("--yes");
    expect(server.requests).toEqual([]);

    // A dry run calls nobody, so it asks nobody either.
    expect((await run("--llm", "openai", "--dry-run")).code).toBe(0);
    expect(server.requests).toEqual([]);
    const wrong = await run("--llm", "gpt");
    expect(wrong.stderr).toContain("llm (NOCTUARY_LLM, from command line)");
  });
});
