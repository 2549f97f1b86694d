import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openEmbeddedPostgres } from "@noctuary/cli/local/embedded-postgres";
import { lambdaContext } from "@noctuary/cli/local/sqs-event";
import { queues } from "@noctuary/core/jobs";
import { queueUrlVariable } from "@noctuary/core/settings";
import { handler as orchestrator } from "@noctuary/functions/nightly-cluster/orchestrator";
import { closeContext } from "@noctuary/functions/runtime/context";
import { setEnvironment } from "@noctuary/functions/runtime/environment";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";
import { copiedHome, heldHome, noctuary, temporaryFolder } from "./noctuary.ts";
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

/** A home with six notes in it, and the folder that they came from. Each test has a copy. */
const synced = copiedHome(inject("emptyHome"), afterAll);
const vault = temporaryFolder(afterAll);
beforeAll(async () => {
  for (let i = 0; i < 6; i++)
    writeFileSync(join(vault, `note ${i}.md`), `Number ${i} is about rye and water.\n`);
  const { code, stderr } = await noctuary(["--home", synced, "sync", vault]);
  expect(code, stderr).toBe(0);
}, 120_000);

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
      const home = copiedHome(synced);
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
    const home = copiedHome(synced);
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

    // The same model at another host, and nothing is pending yet.
    await using other = await startOpenAiServer();
    const elsewhere = await noctuary(nightAt(home), { environment: environmentOf(other) });
    expect(elsewhere.code).toBe(2);
    expect(elsewhere.stderr).toContain(hostOf(other));
    expect(other.requests).toEqual([]);
  });
});

describe("where nobody can be asked", () => {
  test("nothing is sent without --yes or the setting; a key alone switches nothing", TIMEOUT, async () => {
    const home = await heldHome(synced);
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

    // Nothing is new, as far as one knows: what comes in meanwhile would be sent, so it has to be agreed to all the same.
    const unchanged = await noctuary(nightAt(home), { environment });
    expect(unchanged.code).toBe(2);
    expect(unchanged.stderr).toMatch(/would send what is new or changed to .*--yes.*providerConsent/);
    // All of them anew, by the person's own setting.
    expect((await noctuary([...nightAt(home), "--full"], { environment })).code).toBe(2);
    writeFileSync(join(home, "settings.json"), '{"providerConsent": true}');
    const bySetting = await noctuary([...nightAt(home), "--full"], { environment });
    expect(bySetting.code, bySetting.stderr).toBe(0);
    expect(provider.inputs).toBe(12);
  });

  test("a file of agreements that is broken agrees to nothing", TIMEOUT, async () => {
    const home = await heldHome(synced);
    for (const broken of ["{", '{"all": true}']) {
      writeFileSync(join(home, "consent.json"), broken);
      expect((await noctuary(nightAt(home), { environment: environmentOf(provider) })).code).toBe(2);
    }
    expect(provider.requests).toEqual([]);
  });

  test(
    "what a process left planned and unsent stays where it is until somebody agrees",
    TIMEOUT,
    async () => {
      const home = copiedHome(synced);
      const environment = { ...environmentOf(provider), NOCTUARY_EMBEDDER: "openai" };
      await planAndDie(home, environment);

      const dry = await noctuary(["--home", home, "run", "nightly-cluster", "--dry-run"], { environment });
      expect(dry.code, dry.stderr).toBe(0);
      const other = await noctuary(["--home", home, "run", "nightly-stacks"], { environment });
      // It would wait for that night.
      expect(other.code).toBe(2);
      expect(other.stderr).toContain("--yes");
      expect((await noctuary(nightAt(home), { environment })).code).toBe(2);
      expect(provider.requests).toEqual([]);

      const agreed = await noctuary([...nightAt(home), "--yes"], { environment });
      expect(agreed.code, agreed.stderr).toBe(0);
      expect(provider.inputs).toBe(6);
    },
  );
});

/** A night whose plan is committed, of a process that ends before it has sent a message. */
async function planAndDie(home: string, environment: Record<string, string>): Promise<void> {
  const embedded = await openEmbeddedPostgres({ home });
  setEnvironment({
    ...environment,
    DATABASE_URL: embedded.url,
    DATABASE_CONNECTIONS: "2",
    AWS_ENDPOINT_URL_SQS: "http://127.0.0.1:1",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "local",
    AWS_SECRET_ACCESS_KEY: "local",
    AWS_MAX_ATTEMPTS: "1",
    NOCTUARY_LOG_FILE: "/dev/null",
    ...Object.fromEntries(
      queues().map(({ queue }) => [queueUrlVariable(queue), `http://127.0.0.1:1/${queue}`]),
    ),
  });
  const lambda = lambdaContext({ queueName: "nightly-cluster" }, 900_000);
  await orchestrator({ trigger: "manual", options: {} } as never, lambda as never);
  await closeContext();
  await embedded.close();
}
