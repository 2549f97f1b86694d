import type { Context } from "@noctuary/core/context";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { announcingStatements } from "../support/announced-statements.ts";
import { databaseOfFile } from "../support/database-of-file.ts";
import { expireLeases, type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { PATIENT } from "../support/patience.ts";

const database = databaseOfFile();
let night: Night;
let beforeStatement: (text: string) => Promise<void> = async () => {};
let packsAll = false;
let onPack: () => Promise<void> = async () => {};
beforeAll(async () => {
  night = await openNight(database, { wrap: oneCallANote });
});
afterAll(() => night.close());

/** A call for each note, so that all but the last one are saved by themselves, while the task goes on. */
function oneCallANote(context: Context): Context {
  const embedder: Context["embedder"] = {
    ...context.embedder,
    async pack(inputs) {
      await onPack();
      return packsAll ? [[...inputs.keys()]] : inputs.map((_, i) => [i]);
    },
  };
  return announcingStatements({ ...context, embedder }, (text) => beforeStatement(text));
}

test("a run that stores a note's vector and one that purges it at the same moment wait for each other in one direction", async () => {
  const [first, second, ...others] = themedNotes(12);
  await putNotes(database, "u", [first!, second!, ...others]);
  await night.run();
  const edited = [first!, second!].map((note) => ({
    ...note,
    body: `${note.body} And more.`,
    updatedAt: "2026-11-02T20:00:00Z",
  }));
  await putNotes(database, "u", edited);
  const asOf = "2026-11-03T07:00:00Z";
  const storing = await night.start({ trigger: "manual", asOf, options: {} });
  const messages = await night.receive("embed");

  // Once its texts are read, the first note is excluded, and another run comes as far as to group what is left.
  const otherIsReady = Promise.withResolvers<void>();
  let purging: Awaited<ReturnType<typeof night.start>> | undefined;
  onPack = async () => {
    onPack = async () => {};
    await putNotes(database, "u", [{ ...edited[0]!, aiExcluded: true }]);
    purging = await night.start({ trigger: "manual", asOf, options: { userIds: ["u"] } });
    await night.deliver("embed", await night.receive("embed"));
    otherIsReady.resolve();
  };
  // The first save has locked its vector and is about to lock the user's row, until the other one is about to purge.
  const purgeBegins = Promise.withResolvers<void>();
  const isRaising = (text: string) => text.includes("insert into user_state as s (user_id, version)");
  let raises = 0;
  beforeStatement = async (text) => {
    if (text.includes("with stale as")) purgeBegins.resolve();
    else if (isRaising(text) && purging !== undefined && raises++ === 1) await purgeBegins.promise;
  };

  const stored = night.deliver("embed", messages);
  await otherIsReady.promise;
  await Promise.all([stored, night.deliver("cluster", await night.receive("cluster"))]);
  beforeStatement = async () => {};
  for (const { runId } of [storing, purging!]) expect((await night.finish(runId)).status).toBe("done");

  const tries = await database.query(
    "select step, attempts, error from noctuary.task where attempts > 1 or error is not null",
  );
  expect(tries).toEqual([]);
  expect(night.log()).not.toContain("task will be tried again");
});

test("a worker that is frozen over a save until another one ends its task: one of them is turned away, and all is stored", async () => {
  await putNotes(database, "frozen", themedNotes(4));
  const { runId } = await night.start({
    trigger: "manual",
    asOf: "2026-11-05T07:00:00Z",
    options: { userIds: ["frozen"] },
  });
  const [message] = await night.receive("embed");
  // The first one has written a vector and is about to look whether the task is still its own.
  const isFrozen = Promise.withResolvers<void>();
  const thaws = Promise.withResolvers<void>();
  beforeStatement = async (text) => {
    if (!text.includes("update task set result")) return;
    isFrozen.resolve();
    await thaws.promise;
  };
  const frozen = night.deliver("embed", [message!]);
  await isFrozen.promise;

  // The other one has it all in one call: it ends the task, and then waits for the vector that the first one has written.
  beforeStatement = async () => {};
  packsAll = true;
  await expireLeases(database);
  const heir = night.deliver("embed", [message!]);
  await vi.waitFor(async () => {
    const waiting = await database.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    expect(waiting).not.toHaveLength(0);
  }, PATIENT);
  thaws.resolve();
  await Promise.all([frozen, heir]);
  packsAll = false;
  expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { new: 4 } });
  const [stored] = await database.query(
    "select count(*)::int as n from noctuary.note_embedding where user_id = 'frozen' and vector is not null",
  );
  expect(stored).toEqual({ n: 4 });
});
