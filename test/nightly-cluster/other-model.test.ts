import { LEXICAL_MODEL } from "@noctuary/core/embedding/lexical";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const TUESDAY = "2026-11-03T08:00:00Z";
const database = databaseOfFile();
let afterFirstNight: () => Promise<void>;
let night: Night;

beforeAll(async () => {
  await putNotes(database, "u", themedNotes(30));
  night = await openNight(database, { environment: { NOCTUARY_DIMENSIONS: "256" } });
  await night.run();
  await night.close();
  afterFirstNight = await database.keep();
});
beforeEach(() => afterFirstNight());
afterEach(() => night.close());

const stored = () =>
  database.query(
    "select model, dimensions, count(*)::int as notes from noctuary.note_embedding group by 1, 2 order by 1, 2",
  );
const clusterIds = () =>
  database.query("select id from noctuary.cluster where retired_at is null order by id");

test.each<[string, string, Parameters<typeof openNight>[1]]>([
  ["other dimensions", LEXICAL_MODEL, { environment: { NOCTUARY_DIMENSIONS: "320" } }],
  [
    "another model",
    "lexical-next",
    {
      environment: { NOCTUARY_DIMENSIONS: "320" },
      wrap: (context) => ({ ...context, embedder: { ...context.embedder, model: "lexical-next" } }),
    },
  ],
])(
  "with %s every note is embedded again; the old vectors stay until all of a user's clusters follow",
  async (_, model, options) => {
    const ids = await clusterIds();
    const old = { model: LEXICAL_MODEL, dimensions: 256, notes: 30 };
    night = await openNight(database, {
      ...options,
      environment: { ...options!.environment!, NOCTUARY_EMBED_BATCH_NOTES: "10" },
    });
    const { runId } = await night.start({ trigger: "manual", asOf: TUESDAY, options: {} });
    const [first, ...others] = await night.receive("embed");
    await night.deliver("embed", [first!]);
    expect(await stored()).toEqual([old, { model, dimensions: 320, notes: 10 }]);
    expect(await clusterIds(), "meanwhile last night's clusters stand").toEqual(ids);
    await night.deliver("embed", others);
    expect(await stored()).toEqual([old, { model, dimensions: 320, notes: 30 }]);

    expect(await night.finish(runId)).toMatchObject({ status: "done", totals: { embedded: 30 } });
    expect(await stored()).toEqual([{ model, dimensions: 320, notes: 30 }]);
    const after = (await clusterIds()).map((row) => row.id);
    const kept = ids.filter(({ id }) => after.includes(id));
    expect(kept.length, "clusters of clearly different things are the same ones").toBeGreaterThanOrEqual(
      ids.length - 1,
    );

    expect(await night.run({}, "2026-11-04T08:00:00Z")).toMatchObject({
      totals: { new: 0, changed: 0, unchanged: 30 },
    });
  },
);

test("a note that cannot be embedded with the new model keeps its old vector", async () => {
  await putNotes(database, "u", [{ id: "note-00000", title: "", body: "", updatedAt: TUESDAY }]);
  night = await openNight(database, { environment: { NOCTUARY_DIMENSIONS: "320" } });
  await night.run({}, TUESDAY);
  expect(await stored()).toEqual([
    { model: LEXICAL_MODEL, dimensions: 256, notes: 1 },
    { model: LEXICAL_MODEL, dimensions: 320, notes: 30 },
  ]);
});
