import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { gatherEvidence } from "@noctuary/core/nightly-stacks/gather-evidence";
import { asUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { purgeStacks, retireStacks, saveStacks, stackNotes, stacksOf } from "@noctuary/db/stacks/stack";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

const USERS = 60;
const NOTES = 500;
const USER = "user-30";
let database: TestDatabase;

/** Many users, as the planner has to choose among them; vectors of a few numbers, for they do not matter here. */
beforeAll(async () => {
  database = await openTestDatabase();
  const rows = `generate_series(1, ${USERS}) u, generate_series(1, ${NOTES}) i`;
  for (const statement of [
    `insert into noctuary.note (user_id, id, title, body, created_at, updated_at)
       select 'user-' || u, 'note-' || i, 'Title ' || i, 'Some words of note ' || i, now() - i * interval '6 hours', now() - i * interval '6 hours' from ${rows}`,
    `insert into noctuary.note_embedding (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at)
       select 'user-' || u, 'note-' || i, 'lexical', 512, 'h', ('[' || i || repeat(',1', 511) || ']')::vector, now() from ${rows}`,
    `insert into noctuary.cluster_membership (user_id, note_id, cluster_id, confidence, loose)
       select 'user-' || u, 'note-' || i, 'topic-' || i % 9, 1, false from ${rows}`,
    `insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
       select 'user-' || u, 'topic-' || i, 'topic', 'Topic', 1, '{}', 1, now() from generate_series(1, ${USERS}) u, generate_series(0, 8) i`,
    `insert into noctuary.smart_stack (user_id, id, kind, cluster_id, title, reason, facts, priority, priority_parts, born_at, seen_at)
       select 'user-' || u, 'stack-' || i, 'momentum', 'topic-1', 't', 'r', '{}', 1, '{}', now(), now() from generate_series(1, ${USERS}) u, generate_series(1, 40) i`,
    `insert into noctuary.smart_stack_note (user_id, stack_id, note_id, rank)
       select 'user-' || u, 'stack-' || i, 'note-' || n, n from generate_series(1, ${USERS}) u, generate_series(1, 40) i, generate_series(1, 10) n`,
    "analyze",
  ]) {
    await database.query(statement);
  }
}, 120_000);
afterAll(() => database.close());

test("every query of the job reaches big tables by an index, and their number does not grow with the notes", async () => {
  const asked: { text: string; values: unknown[] }[] = [];
  const db = openDatabase({ url: database.url, maxConnections: 1 });
  db.pool.on("connect", (client) => {
    const query = client.query.bind(client) as (...input: unknown[]) => unknown;
    client.query = ((config: unknown, values: unknown, ...rest: unknown[]) => {
      const text = typeof config === "string" ? config : (config as { text: string }).text;
      if (/^\s*(select|with|insert|update|delete)/i.test(text))
        asked.push({ text, values: (values as unknown[]) ?? [] });
      return query(config, values, ...rest);
    }) as typeof client.query;
  });
  try {
    await gatherEvidence({ db, embedder: { ...lexicalEmbedder(), model: "lexical" } }, USER, new Date());
    await asUser(db, USER, async (tx) => {
      await stacksOf(tx, USER, { retiredSince: new Date(0) });
      await stackNotes(tx, USER);
      await purgeStacks(tx, USER, ["note-1"], new Date());
      await retireStacks(tx, USER, [{ id: "stack-2", cause: "over" }], new Date());
      await saveStacks(tx, USER, [], new Date());
    });
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.length).toBeLessThan(40);
    const scanned = await asUser(db, USER, async (tx) => {
      const client = (
        tx as unknown as {
          session: {
            client: { query(text: string, values: unknown[]): Promise<{ rows: { "QUERY PLAN": string }[] }> };
          };
        }
      ).session.client;
      const found: string[] = [];
      for (const { text, values } of [...asked]) {
        if (text.includes("set_config")) continue;
        const { rows } = await client.query(`explain ${text}`, values);
        const plan = rows.map((row) => row["QUERY PLAN"]).join("\n");
        const scans = plan.match(
          /Seq Scan on (note|note_embedding|cluster_membership|smart_stack|smart_stack_note)\b.*/g,
        );
        if (scans !== null) found.push(`${scans.join("; ")} in ${text.trim().slice(0, 90)}`);
      }
      return found;
    });
    expect(scanned).toEqual([]);
  } finally {
    await db.close();
  }
});
