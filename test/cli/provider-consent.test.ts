import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";
import { noctuary, temporaryFolder } from "./noctuary.ts";
import { atTerminal, hasPseudoTerminal } from "./pseudo-terminal.ts";

const QUESTION = /Send .* \[y\/N\]/;
const TIMEOUT = { timeout: 600_000 };
let provider: OpenAiServer;
beforeEach(async () => {
  provider = await startOpenAiServer();
});
afterEach(() => provider.close());

const hostOf = ({ url }: OpenAiServer) => new URL(url).host;
const environmentOf = ({ url }: OpenAiServer) => ({ OPENAI_BASE_URL: url, OPENAI_API_KEY: "sk-test" });

/** A home with six notes in it, and the folder that they came from. */
async function syncedHome(): Promise<{ home: string; vault: string }> {
  const home = temporaryFolder();
  const vault = temporaryFolder();
  for (let i = 0; i < 6; i++)
    writeFileSync(join(vault, `note ${i}.md`), `Number ${i} is about rye and water.\n`);
  const { code, stderr } = await noctuary(["--home", home, "sync", vault]);
  expect(code, stderr).toBe(0);
  return { home, vault };
}

const nightAt = (home: string) => ["--home", home, "run", "nightly-cluster", "--embedder", "openai"];

if (!hasPseudoTerminal) {
  console.warn(
    "SKIPPED: consent at a terminal is not tested here, for there is no `script` (util-linux or BSD)",
  );
}

describe.skipIf(!hasPseudoTerminal)("at a terminal", () => {
  test(
    "a person sees where the notes would go, how many and for how much; no means that nothing is sent",
    TIMEOUT,
    async () => {
      const { home } = await syncedHome();
      const environment = environmentOf(provider);
      for (const answer of ["n\r", "\u0003", "\u0004"]) {
        const { code, screen } = await atTerminal(nightAt(home), { question: QUESTION, answer, environment });
        expect(screen).toContain(hostOf(provider));
        expect(screen).toContain("text-embedding-3-small");
        expect(screen).toMatch(/6 notes, 6 different texts/);
        expect(screen).toMatch(/tokens +at most \d+ \(under \$0\.0001\)/);
        expect(screen).toContain("nothing was sent");
        expect(code, screen).toBe(0);
      }
      expect(provider.requests).toEqual([]);
      expect(existsSync(join(home, "consent.json"))).toBe(false);
    },
  );

  test("yes is remembered for this home and host, and for no other host", TIMEOUT, async () => {
    const { home, vault } = await syncedHome();
    const environment = environmentOf(provider);
    const yes = await atTerminal(nightAt(home), { question: QUESTION, answer: "y\r", environment });
    expect(yes.code, yes.screen).toBe(0);
    expect(provider.inputs).toBe(6);
    expect(JSON.parse(readFileSync(join(home, "consent.json"), "utf8"))).toEqual([hostOf(provider)]);

    writeFileSync(join(vault, "note 6.md"), "Number 6 is about barley.\n");
    await noctuary(["--home", home, "sync", vault]);
    const later = await noctuary(nightAt(home), { environment });
    expect(later.code, later.stderr).toBe(0);
    expect(provider.inputs).toBe(7);

    // The same model at another host: nothing is pending there, until a note is.
    writeFileSync(join(vault, "note 7.md"), "Number 7 is about oats.\n");
    await noctuary(["--home", home, "sync", vault]);
    await using other = await startOpenAiServer();
    const elsewhere = await noctuary(nightAt(home), { environment: environmentOf(other) });
    expect(elsewhere.code).toBe(2);
    expect(elsewhere.stderr).toContain(hostOf(other));
    expect(other.requests).toEqual([]);
  });
});

describe("where nobody can be asked", () => {
  test("nothing is sent without --yes or the setting; a key alone switches nothing", TIMEOUT, async () => {
    const { home } = await syncedHome();
    const environment = environmentOf(provider);
    const key = await noctuary(["--home", home, "--json", "run", "nightly-cluster"], { environment });
    expect(key.json()).toMatchObject({ status: "done", costUsd: 0, totals: { embedded: 6, requests: 0 } });

    const refused = await noctuary(nightAt(home), { environment });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/would send 6 notes to .*--yes.*providerConsent/);
    const dry = await noctuary([...nightAt(home), "--dry-run"], { environment });
    expect(dry.code, dry.stderr).toBe(0);
    expect(provider.requests).toEqual([]);

    const agreed = await noctuary([...nightAt(home), "--yes"], { environment });
    expect(agreed.code, agreed.stderr).toBe(0);
    expect(provider.inputs).toBe(6);
    expect(existsSync(join(home, "consent.json"))).toBe(false);

    // What is shown is what was clustered, whatever the settings name.
    const page = await noctuary(["--home", home, "--json", "clusters"]);
    expect(page.json()).toMatchObject({ notes: { embedded: 6, pending: 0 } });

    // Nothing new: nothing would be sent, so nobody is asked.
    const unchanged = await noctuary(nightAt(home), { environment });
    expect(unchanged.code, unchanged.stderr).toBe(0);
    // All of them anew, by the person's own setting.
    expect((await noctuary([...nightAt(home), "--full"], { environment })).code).toBe(2);
    writeFileSync(join(home, "settings.json"), '{"providerConsent": true}');
    const bySetting = await noctuary([...nightAt(home), "--full"], { environment });
    expect(bySetting.code, bySetting.stderr).toBe(0);
    expect(provider.inputs).toBe(12);
  });

  test("a file of agreements that is broken agrees to nothing", TIMEOUT, async () => {
    const { home } = await syncedHome();
    for (const broken of ["{", '{"all": true}']) {
      writeFileSync(join(home, "consent.json"), broken);
      expect((await noctuary(nightAt(home), { environment: environmentOf(provider) })).code).toBe(2);
    }
    expect(provider.requests).toEqual([]);
  });
});
