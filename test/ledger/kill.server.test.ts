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

/** A night whose embed is being saved in one piece: its vectors are written, and the audit of that has to wait. */
async function beginToSave() {
  await database.empty();
  await putNotes(database, "u", themedNotes(6));
  night = await openNight(database);
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options: {} });
  const holder = new pg.Client({ connectionString: database.url });
  await holder.connect();
  await holder.query("begin; lock table noctuary.audit_log in exclusive mode");
  child = fork(new URL("../support/worker-process.ts", import.meta.url), ["work"], { execArgv: [] });
  const waiting = () =>
    database.query<{ pid: number }>(
      "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
  await vi.waitFor(async () => expect(await waiting()).toHaveLength(1), PATIENT);
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
  return {
    runId,
    session: (await waiting())[0]!.pid,
    letGo: async () => {
      await holder.query("rollback");
      await holder.end();
      await vi.waitFor(async () => expect(await waiting()).toHaveLength(0), PATIENT);
    },
  };
}

const stored = () => database.query("select 1 from noctuary.note_embedding where vector is not null");

async function finishWith(runId: string, { attempts }: { attempts: number }): Promise<void> {
  await expireLeases(database);
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 6 } });
  const tasks = await database.query("select step, status, attempts from noctuary.task order by step");
  expect(tasks).toEqual([
    { step: "cluster", status: "done", attempts: 1 },
    { step: "embed", status: "done", attempts },
    { step: "plan", status: "done", attempts: 1 },
  ]);
}

test("what a worker process that is killed has sent is saved whole, and nobody does it again", async () => {
  const { runId, letGo } = await beginToSave();
  await letGo();
  await vi.waitFor(async () => expect(await stored()).toHaveLength(6), PATIENT);
  await finishWith(runId, { attempts: 1 });
});

test("a save that breaks off with its worker process has saved nothing, and its task is done by another", async () => {
  const { runId, session, letGo } = await beginToSave();
  await database.query("select pg_terminate_backend($1)", [session]);
  await letGo();
  expect(await stored()).toEqual([]);
  await finishWith(runId, { attempts: 2 });
});
