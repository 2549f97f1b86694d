import type { Context } from "@noctuary/core/context";
import { defaultLimits, noBudgets } from "@noctuary/core/context";
import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { userStep } from "@noctuary/core/job";
import { nightlyStacks } from "@noctuary/core/nightly-stacks/nightly-stacks";
import { stacks } from "@noctuary/core/nightly-stacks/stacks";
import { startRun } from "@noctuary/core/runtime/start-run";
import { workOnTask } from "@noctuary/core/runtime/work-on-task";
import { asLedger, asUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { tasksOfRun } from "@noctuary/db/ledger/task-list";
import { stackNotes } from "@noctuary/db/stacks/stack";
import { sql } from "drizzle-orm";
import { beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

const USERS = 100;
const NOTES = 10_000;
const USER = "user-30";
const NIGHT = new Date("2026-11-02T08:00:00Z");
const DIMENSIONS = 4;
const database = databaseOfFile();

/** As many notes as the planner has to choose among; vectors of a few numbers, for their length is none of its business. */
beforeAll(async () => {
  const rows = `generate_series(1, ${USERS}) u, generate_series(1, ${NOTES}) i`;
  const at = `'${NIGHT.toISOString()}'::timestamptz - i * interval '90 minutes'`;
  for (const statement of [
    // None of it need outlive a crash.
    ...["own_note", "note_embedding", "cluster_membership", "cluster_event"].map(
      (table) => `alter table noctuary.${table} set unlogged`,
    ),
    `insert into noctuary.own_note (user_id, id, title, body, created_at, updated_at)
       select 'user-' || u, 'note-' || i, 'Title ' || i, 'Words of note ' || i || case when i % 50 = 0 then E'\n- [ ] a\n- [ ] b' else '' end,
         ${at}, ${at} from ${rows}`,
    `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
       select 'user-' || u, 'note-' || i, 'few', ${DIMENSIONS}, 'h', ('[1,' || i % 7 || ',' || i % 11 || ',' || i % 13 || ']')::vector, now() from ${rows}`,
    `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
       select 'user-' || u, 'note-' || i, 'topic-' || i % 25, 1, false from ${rows}`,
    `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
       select 'user-' || u, 'topic-' || i, 'topic', 'Topic', 1, '{word}', 1, now() from generate_series(1, ${USERS}) u, generate_series(0, 99) i`,
    `insert into noctuary.cluster_event (user_id, at, kind, cluster_id, other_id, note_id, notes_before, notes_after)
       select 'user-' || u, ${at}, case when i % 40 = 0 then 'split' else 'moved' end, 'topic-' || i % 25, 'topic-0', 'note-' || i, 1, 1
       from generate_series(1, ${USERS}) u, generate_series(1, 2000) i`,
    `insert into noctuary.smart_stack (user_id, id, kind, cluster_id, title, reason, facts, priority, priority_parts, born_at, seen_at, retired_at)
       select 'user-' || u, 'stack-' || i, 'momentum', 'topic-1', 't', 'r', '{}', 1, '{}', now(), now(), case when i > 4 then ${at} end
       from generate_series(1, ${USERS}) u, generate_series(1, 200) i`,
    `insert into noctuary.smart_stack_note (user_id, stack_id, note_id, rank)
       select 'user-' || u, 'stack-' || i, 'note-' || n, n from generate_series(1, ${USERS}) u, generate_series(1, 200) i, generate_series(1, 10) n`,
    `insert into noctuary.stack_verdict (user_id, stack_id, verdict)
       select 'user-' || u, 'stack-' || i, 'dismissed' from generate_series(1, ${USERS}) u, generate_series(1, 50) i`,
    `insert into noctuary.stack_report (user_id, run_id, at, report)
       select 'user-' || u, 'run-' || i, now(), '{}' from generate_series(1, ${USERS}) u, generate_series(1, 90) i`,
    `insert into noctuary.stack_title_draft (user_id, title_key, title, at)
       select 'user-' || u, 'key-' || i, 't', now() from generate_series(1, ${USERS}) u, generate_series(1, 20) i`,
    `insert into noctuary.user_state (user_id) select 'user-' || u from generate_series(1, ${USERS}) u`,
    "analyze",
  ]) {
    await database.query(statement);
  }
}, 300_000);

interface Asked {
  text: string;
  values: unknown[];
}

function recording(asked: Asked[]) {
  const db = openDatabase({ url: database.url, maxConnections: 1 });
  db.pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...input: unknown[]) => unknown;
    client.query = ((config: unknown, values: unknown, ...rest: unknown[]) => {
      const { text, values: own = values } =
        typeof config === "string" ? { text: config } : (config as Asked);
      if (/^\s*(select|with|insert|update|delete)/i.test(text) && !text.includes("set_config"))
        asked.push({ text, values: (own as unknown[]) ?? [] });
      return query(config, values, ...rest);
    }) as typeof client.query;
  });
  return db;
}

const BIG =
  "own_note|note_embedding|cluster_membership|cluster_event|cluster|smart_stack|smart_stack_note|stack_verdict|stack_report";

test("every query of the job reaches the big tables by an index, and their number does not grow with the notes", async () => {
  const asked: Asked[] = [];
  const db = recording(asked);
  const context: Context = {
    db,
    queue: { send: (messages) => Promise.resolve(messages.map(() => true)) },
    embedder: { ...lexicalEmbedder(), model: "few", dimensions: DIMENSIONS },
    llm: {
      provider: "fake",
      model: "fake-model",
      callsInFlight: 4,
      ask: (question) =>
        Promise.resolve({
          usage: { requests: 1, inputTokens: 1, outputTokens: 1, costUsd: 0 },
          value: question.answer.parse({ title: "Open ends: topic" }),
        }),
      atMost: () => ({ tokens: 1, costUsd: 0 }),
      priceUsd: () => 0,
    },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, critical: () => {} },
    metrics: { add() {} },
    events: null,
    enabledJobs: new Map(),
    budgets: noBudgets,
    limits: defaultLimits,
  };
  try {
    const { run } = await startRun(context, nightlyStacks, {
      trigger: "manual",
      asOf: NIGHT,
      options: { userIds: [USER] },
    });
    const [plan] = await asLedger(db, (tx) => tasksOfRun(tx, run.id, 1));
    await workOnTask(context, nightlyStacks.plan, plan!.id, () => 900_000);
    const tasks = () => asLedger(db, (tx) => tasksOfRun(tx, run.id, 10));
    asked.length = 0;
    await workOnTask(
      context,
      userStep(stacks),
      (await tasks()).find(({ step }) => step === "stacks")!.id,
      () => 900_000,
    );
    await asUser(db, USER, (tx) => stackNotes(tx, USER));
    const queries = [...asked];
    expect((await tasks()).find(({ step }) => step === "stacks")).toMatchObject({ status: "done" });
    // 10,000 notes, and the texts of some 2,900 of them, a thousand at a time.
    expect(queries.length).toBeLessThan(100);
    const scanned = await asUser(db, USER, async (tx) => {
      // As the roles have it: what row-level security adds is a part of each plan.
      const client = (
        tx as unknown as {
          session: {
            client: { query(text: string, values: unknown[]): Promise<{ rows: { "QUERY PLAN": string }[] }> };
          };
        }
      ).session.client;
      const found: string[] = [];
      for (const { text, values } of queries) {
        await tx.execute(sql`savepoint explained`);
        try {
          const { rows } = await client.query(`explain ${text}`, values);
          const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
          const scans = plan.match(new RegExp(`Seq Scan on (?:${BIG})\\b.*`, "g"));
          if (scans !== null)
            found.push(`${scans.join("; ")} in ${text.trim().replace(/\s+/g, " ").slice(0, 120)}`);
          await tx.execute(sql`release savepoint explained`);
        } catch (error) {
          // A statement of the ledger, which this user may not ask.
          if ((error as { code?: string }).code !== "42501") throw error;
          await tx.execute(sql`rollback to savepoint explained`);
        }
      }
      return found;
    });
    expect(scanned).toEqual([]);
  } finally {
    await db.close();
  }
}, 120_000);
