import { asLedger } from "@noctuary/db/access";
import { markSent, takeUnsent } from "@noctuary/db/ledger/outbox";
import { markAnnounced } from "@noctuary/db/ledger/task-list";
import { sql } from "drizzle-orm";
import { beforeEach, expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";

const RUN = "00000000-0000-4000-8000-000000000001";
const LONG_AGO = "2026-11-02 07:00:00+00";
const database = emptiedDatabase();

beforeEach(async () => {
  for (const statement of [
    `insert into noctuary.run (id, job, local_date, trigger, options, as_of) values ('${RUN}', 'j', now(), 'manual', '{}', now())`,
    `insert into noctuary.task (id, run_id, step, queue, user_id, payload, sent_at)
       select 'task-' || i, '${RUN}', 'embed', 'embed', 'user-' || i, '{}', '${LONG_AGO}' from generate_series(1, 3) i`,
    "insert into noctuary.outbox (queue, task_id) select 'embed', id from noctuary.task order by id",
  ])
    await database.query(statement);
});

/** A worker in the middle of its task, which will want the next one as well. */
const whileHeld = (id: string, work: () => Promise<void>) =>
  asLedger(database.db, async (tx) => {
    await tx.execute(sql`select 1 from task where id = ${id} for update`);
    await work();
  });
const marked = async () =>
  (
    await database.query(
      `select id from noctuary.task where sent_at > clock_timestamp() - interval '1 minute' order by id`,
    )
  ).map(({ id }) => id);

// Two that mark many, or one that does and a worker, would otherwise wait for each other: PostgreSQL ends one of them.
test("whoever marks tasks as announced passes by one that somebody holds, and waits for nobody", async () => {
  await whileHeld("task-2", () =>
    asLedger(database.db, (tx) => markAnnounced(tx, ["task-3", "task-2", "task-1"])),
  );
  expect(await marked()).toEqual(["task-1", "task-3"]);
});

test("messages that were sent leave the outbox although a worker holds one of their tasks", async () => {
  const rows = await takeUnsent(database.db, 10);
  expect(rows).toHaveLength(3);
  await whileHeld("task-2", () => markSent(database.db, rows));
  expect(await database.query("select 1 from noctuary.outbox")).toEqual([]);
  expect(await marked()).toEqual(["task-1", "task-3"]);
});

test("a task that was made just now is not written again because its message was sent", async () => {
  await database.query("update noctuary.task set sent_at = clock_timestamp()");
  const before = await database.query("select id, xmin::text from noctuary.task order by id");
  await markSent(database.db, await takeUnsent(database.db, 10));
  expect(await database.query("select id, xmin::text from noctuary.task order by id")).toEqual(before);
});
