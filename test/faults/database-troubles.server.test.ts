import { setTimeout as delay } from "node:timers/promises";
import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { redriveRun } from "@noctuary/core/runtime/redrive-run";
import { asLedger } from "@noctuary/db/access";
import { runById } from "@noctuary/db/ledger/run";
import pg from "pg";
import { afterEach, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { expireLeases, makeWaitingDue, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";
import { figures, times } from "./figures.ts";

const environment = { NOCTUARY_EMBED_BATCH_NOTES: "5", NOCTUARY_PLAN_PAGE_NOTES: "10" };
const SCHEDULED = { trigger: "schedule", scheduledTime: "2026-11-02T07:00:00Z" } as const;
const NIGHTS = times(3, 50);

const database = databaseOfFile();
let begin: () => Promise<void>;
let undisturbed: Awaited<ReturnType<typeof outcomeOf>>;
let night: Night;

beforeAll(async () => {
  await putNotes(database, "ann", themedNotes(30));
  await putNotes(database, "bob", themedNotes(12));
  begin = await database.keep();
  night = await openNight(database, { environment });
  const { runId } = await night.start(SCHEDULED);
  expect((await night.finish(runId)).status).toBe("done");
  undisturbed = await outcomeOf(database);
  await night.close();
});
afterEach(() => night.close());

/** Delivers what is there, all at once, whatever comes of it: what fails stays in its queue. */
async function deliverAll(): Promise<void> {
  for (const queue of ["nightly-cluster", "embed", "cluster"] as const) {
    const messages = await night.receive(queue);
    await Promise.all(messages.map((message) => night.deliver(queue, [message]).catch(() => {})));
    await night.release(queue, messages).catch(() => {});
  }
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition().catch(() => false))) await delay(5);
}

const connectionsOf = (url: string) =>
  new pg.Client({ connectionString: url, application_name: "the fault" });

test(`connections that are cut in the middle of ${NIGHTS} nights cost time only`, async () => {
  let cut = 0;
  let redrives = 0;
  for (let i = 0; i < NIGHTS; i++) {
    await begin();
    night = await openNight(database, { environment });
    const cutter = connectionsOf(database.url);
    await cutter.connect();
    let isOver = false;
    const cutting = (async () => {
      while (!isOver) {
        const { rowCount } = await cutter.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
             and application_name <> 'the fault' and state in ('active', 'idle in transaction')`,
        );
        cut += rowCount ?? 0;
        await delay(60);
      }
    })();
    let runId = "";
    await until(async () => {
      ({ runId } = await night.start(SCHEDULED));
      return true;
    });
    for (let round = 0; round < 8; round++) await deliverAll();
    isOver = true;
    await cutting;
    await cutter.end();
    // Whoever was cut off at its work has died as far as the ledger knows. What was cut off three times has failed, and is
    // taken up again, as somebody would who sees it in the morning.
    await expireLeases(database);
    await makeWaitingDue(database);
    await night.finish(runId);
    const redriven = countOf((await redriveRun(night.context, nightlyCluster, runId))!.tasks);
    redrives += redriven;
    expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { failedTasks: 0 } });
    if (redriven > 0) expect((await outcomeOf(database)).embeddings).toEqual(undisturbed.embeddings);
    else expect(await outcomeOf(database)).toEqual(undisturbed);
    if (i < NIGHTS - 1) await night.close();
  }
  figures("connections cut in the middle of transactions", {
    nights: NIGHTS,
    cut,
    "tasks cut off three times, and redriven": redrives,
    "nights that ended otherwise": 0,
  });
  expect(cut).toBeGreaterThan(0);
});

const countOf = (tasks: { tasks: number }[]) => tasks.reduce((sum, step) => sum + step.tasks, 0);

test("one connection is enough for everything at once", async () => {
  await begin();
  night = await openNight(database, { environment: { ...environment, DATABASE_CONNECTIONS: "1" } });
  const { runId } = await night.start(SCHEDULED);
  const messages = await night.receive("embed");
  await Promise.all(messages.map((message) => night.deliver("embed", [message])));
  expect((await night.finish(runId)).status).toBe("done");
  expect(await outcomeOf(database)).toEqual(undisturbed);
});

test("a pool of which somebody holds every connection ends the wait, and the night goes on once they are given back", async () => {
  await begin();
  night = await openNight(database, { environment });
  const { runId } = await night.start(SCHEDULED);
  const messages = await night.receive("embed");
  const { pool } = night.context.db;
  const held = await Promise.all(Array.from({ length: pool.options.max! }, () => pool.connect()));
  const failed = await Promise.all(
    messages.map((message) => night.deliver("embed", [message]).catch(() => [message.MessageId!])),
  );
  expect(failed.flat()).toHaveLength(messages.length);
  expect(await database.query("select 1 from noctuary.task where step = 'embed' and attempts > 0")).toEqual(
    [],
  );
  for (const client of held) client.release();
  await night.release("embed", messages);
  expect((await night.finish(runId)).status).toBe("done");
  expect(await outcomeOf(database)).toEqual(undisturbed);
  figures("a pool that is exhausted", {
    connections: held.length,
    "messages that stayed in their queue": messages.length,
    "tries that it cost": 0,
    "then ended as undisturbed": "yes",
  });
});

/** What a database may refuse, how to make it do so, and how to put it right. */
test.each<[string, string, string, string]>([
  [
    "a database that has become read-only",
    "alter database DB set default_transaction_read_only = on",
    "alter database DB reset default_transaction_read_only",
    "25006",
  ],
  [
    "a table that is missing",
    "alter table noctuary.note_embedding rename to note_embedding_away",
    "alter table noctuary.note_embedding_away rename to note_embedding",
    "42P01",
  ],
  [
    "a disk that is full",
    `create function public.no_space() returns trigger language plpgsql as $$ begin raise exception using errcode = '53100'; end $$;
     create trigger no_space before insert or update on noctuary.note_embedding execute function public.no_space()`,
    "drop trigger no_space on noctuary.note_embedding; drop function public.no_space()",
    "53100",
  ],
])(
  "%s is a clear failure, and the night goes on where it stood once it is mended",
  async (what, breaks, mends, code) => {
    await begin();
    night = await openNight(database, { environment });
    const { runId } = await night.start(SCHEDULED);
    const name = new URL(database.url).pathname.slice(1);
    const admin = connectionsOf(database.url);
    await admin.connect();
    await admin.query(breaks.replace("DB", name));
    const isReadOnly = code === "25006";
    // Connections that were open go by what held before.
    if (isReadOnly)
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
    const [message] = await night.receive("embed");
    let failed: string[] = [];
    await until(async () => {
      failed = await night.deliver("embed", [message!]);
      return true;
    });
    if (isReadOnly) {
      await admin.query("set default_transaction_read_only = off");
      expect(failed, "not even the failure can be recorded, so the message stays").toHaveLength(1);
    } else {
      const [task] = await database.query<{ error: { code: string }; status: string }>(
        "select error, status from noctuary.task where error is not null",
      );
      expect(task).toMatchObject({ error: { code }, status: "pending" });
      expect(night.log()).toContain(code);
    }
    await admin.query(mends.replace("DB", name));
    if (isReadOnly)
      await admin.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
      );
    await admin.end();
    await until(async () => (await asLedger(night.context.db, (tx) => runById(tx, runId))) !== null);
    await until(async () => (await database.query("select 1")).length === 1);
    if (failed.length > 0) await night.release("embed", [message!]);
    await expireLeases(database);
    expect((await night.finish(runId)).status).toBe("done");
    expect(await outcomeOf(database)).toEqual(undisturbed);
    figures(what, {
      recorded: isReadOnly ? "the message stays in its queue" : code,
      "then ended as undisturbed": "yes",
    });
  },
);
