import { asUser } from "@noctuary/db/access";
import { saveFailures } from "@noctuary/db/notes/note-embedding";
import { sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { PATIENT } from "../support/patience.ts";

const database = databaseOfFile();

const model = { model: "m", dimensions: 3 };
const failures = ["a", "b"].map((id) => ({
  id,
  contentHash: id,
  code: "provider_refused_400",
  updatedAt: "2026-11-02",
}));
const save = (order: typeof failures) =>
  asUser(database.db, "u", (tx) => saveFailures(tx, model, "u", order));

/** Waits until so many sessions wait for a lock. */
const areWaiting = (count: number) =>
  vi.waitFor(async () => {
    const waiting = await database.query(
      "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    expect(waiting).toHaveLength(count);
  }, PATIENT);

test("two that record failures of the same notes at once wait for each other in one direction", async () => {
  await save(failures);
  const ends = Promise.withResolvers<void>();
  const isHeld = Promise.withResolvers<void>();
  const holding = asUser(database.db, "u", async (tx) => {
    await tx.execute(sql`select 1 from note_embedding where user_id = 'u' and note_id = 'b' for update`);
    isHeld.resolve();
    await ends.promise;
  });
  await isHeld.promise;
  const backwards = save(failures.toReversed());
  await areWaiting(1);
  const forwards = save(failures);
  await areWaiting(2);
  ends.resolve();
  await Promise.all([holding, backwards, forwards]);
});
