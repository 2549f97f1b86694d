import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import pg from "pg";
import { afterEach, expect, test, vi } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { expireLeases, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { PATIENT } from "../support/patience.ts";

const database = databaseOfFile();
let night: Night;
let child: ChildProcess | undefined;

afterEach(async () => {
  child?.kill("SIGKILL");
  await night.close();
});

test("a worker process that is killed while it saves has saved nothing, and its task is done by another", async () => {
  await putNotes(database, "u", themedNotes(6));
  night = await openNight(database);
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  // The worker saves its vectors, and then has to wait with the audit of that, in the same transaction.
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query("begin; lock table noctuary.audit_log in exclusive mode");
  child = fork(new URL("../support/worker-process.ts", import.meta.url), ["work"], { execArgv: [] });
  const waiting = () =>
    database.query(
      "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), PATIENT);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  await holder.query("rollback");
  await holder.end();
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(0), PATIENT);
  expect(await database.query("select 1 from noctuary.note_embedding")).toEqual([]);

  await expireLeases(database);
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 6 } });
  const tasks = await database.query("select step, status, attempts from noctuary.task order by step");
  expect(tasks).toEqual([
    { step: "cluster", status: "done", attempts: 1 },
    { step: "embed", status: "done", attempts: 2 },
    { step: "plan", status: "done", attempts: 1 },
  ]);
});
