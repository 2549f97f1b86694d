import { beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { countingEmbedder } from "../support/embedders.ts";
import { type Mortality, mortal } from "../support/mortal.ts";
import { expireLeases, type Night, openNight } from "../support/night.ts";
import { deleteNotes, putNotes, themedNotes } from "../support/notes.ts";
import { outcomeOf } from "../support/outcome.ts";

const SECOND_NIGHT = "2026-11-03T07:00:00Z";
/** Several pages, several batches a page. */
const environment = { NOCTUARY_PLAN_PAGE_NOTES: "6", NOCTUARY_EMBED_BATCH_NOTES: "3" };

const database = databaseOfFile();
let begin: () => Promise<void>;
beforeAll(async () => {
  await prepare();
  begin = await database.keep();
});

/** A user with new and changed notes, one with deletions only, one with nothing to do; after their first night. */
async function prepare(): Promise<void> {
  await putNotes(database, "changing", themedNotes(8));
  await putNotes(database, "deleting", themedNotes(9));
  await putNotes(database, "resting", themedNotes(5));
  await withNight((night) => night.run());
  const [changed] = themedNotes(1, { from: 40 });
  await putNotes(database, "changing", [
    { ...changed!, id: "note-00002", updatedAt: "2026-11-02T20:00:00Z" },
    ...themedNotes(6, { from: 8 }),
  ]);
  await deleteNotes(database, "deleting", ["note-00000", "note-00003"]);
}

async function withNight<T>(
  work: (night: Night, paid: string[]) => Promise<T>,
  mortality: Mortality = { deeds: 0, diesBefore: Infinity },
): Promise<T> {
  const paid: string[] = [];
  const night = await openNight(database, {
    environment,
    wrap: (context) => {
      const embedder = countingEmbedder(context.embedder, paid);
      return mortal({ ...context, embedder }, mortality);
    },
  });
  try {
    return await work(night, paid);
  } finally {
    await night.close();
  }
}

/** The scheduler delivers the night's event; whoever finds the run there already lets the reconciler bring it home. */
async function secondNight(night: Night) {
  const { runId } = await night.start({ trigger: "schedule", scheduledTime: SECOND_NIGHT });
  return night.finish(runId);
}

test("killed before anything it does, a night comes to the same end, and pays for one request twice at most", async () => {
  const life: Mortality = { deeds: 0, diesBefore: Infinity };
  await begin();
  const undisturbed = await withNight(async (night, paid) => {
    const run = await secondNight(night);
    return { run, paid: paid.length };
  }, life);
  expect(undisturbed.run).toMatchObject({ status: "done", totals: { users: 3, embedded: 7, purged: 2 } });
  const outcome = await outcomeOf(database);
  expect(life.deeds).toBeGreaterThan(30);

  // Every seventh moment where everyone waits for it, every third where there is a server; both are ends of transactions
  // as often as beginnings.
  for (let moment = 1; moment <= life.deeds; moment += database.kind === "embedded" ? 7 : 3) {
    await begin();
    const before = await withNight(
      async (night, paid) => {
        await secondNight(night).then(
          () => expect.unreachable("it should have died"),
          () => {},
        );
        return paid.length;
      },
      { deeds: 0, diesBefore: moment },
    );
    await expireLeases(database);
    const after = await withNight(async (night, paid) => {
      const run = await secondNight(night);
      expect(run.status, `killed before deed ${moment}`).toBe("done");
      return paid.length;
    });
    expect(await outcomeOf(database), `killed before deed ${moment}`).toEqual(outcome);
    expect(before + after, `killed before deed ${moment}`).toBeLessThanOrEqual(undisturbed.paid + 3);
  }
}, 180_000);
