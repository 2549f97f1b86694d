import type { Context } from "@noctuary/core/context";
import pg from "pg";
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

test.each(["storing", "purging"])(
  "a run that stores a note's vector and one that purges it wait for each other in one direction, %s first",
  async (first) => {
    const notes = themedNotes(12);
    const version = (minute: number) =>
      notes.slice(0, 2).map((note) => ({
        ...note,
        body: `${note.body} Version ${minute}.`,
        updatedAt: `2026-11-02T20:0${minute}:00Z`,
      }));
    await putNotes(database, first, notes);
    await night.run({ userIds: [first] });
    await putNotes(database, first, version(1));
    const start = (options: object) =>
      night.start({ trigger: "manual", asOf: "2026-11-03T07:00:00Z", options });
    const storing = await start({ userIds: [first] });
    const embeds = await night.receive("embed");
    const purging = await start({ userIds: [first], acceptDeletions: true });
    await night.deliver("embed", await night.receive("embed"));
    const clusters = await night.receive("cluster");
    expect(clusters).toHaveLength(1);

    // Both want the row of the user's version, which a third one holds until both wait.
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    const waiting = (sessions: number) =>
      vi.waitFor(async () => {
        const blocked = await database.query(
          "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
        );
        expect(blocked).toHaveLength(sessions);
      }, PATIENT);
    await holder.query("begin");
    await holder.query("select from noctuary.user_state where user_id = $1 for update", [first]);
    const texts = version(2);
    await putNotes(database, first, texts);
    const isRead = Promise.withResolvers<void>();
    const goesOn = Promise.withResolvers<void>();
    packsAll = true;
    onPack = async () => {
      isRead.resolve();
      await goesOn.promise;
    };
    const stored = night.deliver("embed", embeds);
    await isRead.promise;
    await putNotes(database, first, [{ ...texts[0]!, aiExcluded: true }]);
    const purge = () => night.deliver("cluster", clusters);
    const store = async () => {
      goesOn.resolve();
      return stored;
    };
    const [one, other] = first === "storing" ? [store, purge] : [purge, store];
    const working = [one()];
    await waiting(1);
    working.push(other());
    await waiting(2);
    await holder.query("rollback");
    await Promise.all(working);
    await holder.end();
    onPack = async () => {};
    packsAll = false;

    for (const { runId } of [storing, purging]) expect((await night.finish(runId)).status).toBe("done");
    const tries = await database.query(
      "select step, attempts, error from noctuary.task where attempts > 1 or error is not null",
    );
    expect(tries).toEqual([]);
    expect(night.log()).not.toContain("task will be tried again");
  },
);

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
