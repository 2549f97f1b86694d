import { randomUUID } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach } from "vitest";
import { type ChatServer, startChatServer } from "../support/chat-server.ts";
import { honest } from "../support/honest-model.ts";
import { type Night, type NightOptions, openNight } from "../support/night.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";
import { SUNDAY } from "./week-of-notes.ts";

interface SundayOptions {
  userIds?: string[];
  dryRun?: boolean;
  replace?: boolean;
}

/**
 * What a file of tests about Sundays has in common: a database and a model that answers truly, both the file's own and
 * as new before each test, and a night that a test opens. To be called once, at the top of the file.
 */
export function sundays() {
  const eventLog = join(tmpdir(), `noctuary-events-${randomUUID()}.jsonl`);
  let database: TestDatabase;
  let chat: ChatServer;
  let night: Night;

  beforeAll(async () => {
    database = await openTestDatabase();
    chat = await startChatServer(honest);
  });
  afterAll(async () => {
    await chat.close();
    await database.close();
  });
  beforeEach(async () => {
    await database.empty();
    chat.reply = honest;
    chat.requests.length = 0;
  });
  afterEach(async () => {
    await night.close();
    rmSync(eventLog, { force: true });
  });

  return {
    get database() {
      return database;
    },
    get chat() {
      return chat;
    },
    get night() {
      return night;
    },
    async open({ environment, ...options }: NightOptions = {}): Promise<void> {
      night = await openNight(database, {
        environment: { NOCTUARY_EVENT_LOG: eventLog, ...environment },
        ...options,
      });
    },
    /** As `open`, with the model. */
    openWithModel() {
      return this.open({
        environment: {
          NOCTUARY_LLM: "openai",
          NOCTUARY_LLM_MODEL: "gpt-4.1-mini",
          NOCTUARY_LLM_BASE_URL: chat.url,
          NOCTUARY_LLM_API_KEY: "a-key",
        },
      });
    },
    /** The night's clusters, without what they asked the model for. */
    async cluster(at = SUNDAY): Promise<void> {
      chat.reply = () => ({ content: { names: [] } });
      await night.run({}, at);
      chat.reply = honest;
      chat.requests.length = 0;
    },
    tell: (options: SundayOptions = {}) => night.run(options, SUNDAY, "weekly-insights"),
    events: () =>
      readFileSync(eventLog, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
  };
}
