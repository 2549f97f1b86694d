import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = databaseOfFile();

test("notes whose clustering failed are grouped by the next night, though nothing of them is new to it", async () => {
  await putNotes(database, "u", themedNotes(12));
  const night = await openNight(database);
  expect((await night.run()).status).toBe("done");
  await putNotes(database, "u", themedNotes(15));
  await database.query("alter table noctuary.cluster add constraint fault check (name is null) not valid");
  expect((await night.run({}, "2026-11-03T07:00:00Z")).status).not.toBe("done");
  await database.query("alter table noctuary.cluster drop constraint fault");
  const next = await night.run({}, "2026-11-04T07:00:00Z");
  expect(next).toMatchObject({ status: "done", totals: { new: 0, clustered: 15 } });
  await night.close();
});
