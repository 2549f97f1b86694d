import { asUser } from "@noctuary/db/access";
import { addEdit } from "@noctuary/db/clusters/cluster-edit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase, type TestDatabase } from "../support/test-database.ts";

let database: TestDatabase;
let night: Night;
beforeAll(async () => {
  database = await openTestDatabase();
  night = await openNight(database);
});
afterAll(async () => {
  await night.close();
  await database.close();
});

test("two runs over one user at once, and edits meanwhile: no identity is lost, every end has one event", async () => {
  await putNotes(database, "u", themedNotes(60, { themes: 5 }));
  await night.run();
  const living = () =>
    database.query<{ id: string }>("select id from noctuary.cluster where retired_at is null order by id");
  const before = await living();
  const topics = await database.query<{ id: string }>(
    "select id from noctuary.cluster where level = 'topic' order by id",
  );
  await putNotes(database, "u", themedNotes(20, { themes: 6, from: 60 }));

  const asOf = "2026-11-03T07:00:00Z";
  const runs = await Promise.all([
    night.start({ trigger: "manual", asOf, options: {} }),
    night.start({ trigger: "manual", asOf, options: { full: true } }),
  ]);
  for (const message of await night.receive("embed")) await night.deliver("embed", [message]);
  const messages = await night.receive("cluster");
  expect(messages.length).toBe(2);
  await Promise.all([
    ...messages.map((message) => night.deliver("cluster", [message])),
    asUser(database.db, "u", (tx) =>
      addEdit(tx, "u", { kind: "merge", clusterId: topics[0]!.id, otherId: topics[1]!.id }),
    ),
    asUser(database.db, "u", (tx) => addEdit(tx, "u", { kind: "pin", clusterId: topics[2]!.id })),
  ]);
  for (const { runId } of runs) expect((await night.finish(runId)).status).toBe("done");
  await night.run({}, "2026-11-04T07:00:00Z");

  const now = new Set((await living()).map(({ id }) => id));
  expect(now).not.toContain(topics[0]!.id);
  expect(now).toContain(topics[2]!.id);
  for (const { id } of before) {
    const ends = await database.query(
      "select 1 from noctuary.cluster_event where cluster_id = $1 and kind in ('merged', 'retired')",
      [id],
    );
    expect(ends, id).toHaveLength(now.has(id) ? 0 : 1);
  }
  const wrong = await database.query(`
    select c.id from noctuary.cluster c where c.level = 'topic' and c.size <> (
      select count(*) from noctuary.cluster_membership m where m.user_id = c.user_id and m.cluster_id = c.id)`);
  expect(wrong).toEqual([]);
});
