import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { countingEmbedder } from "../support/embedders.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, type TestNote, themedNotes } from "../support/notes.ts";
import { contentsOf } from "../support/outcome.ts";

const TUESDAY = "2026-11-03T07:00:00Z";
const notes = themedNotes(24);

const database = databaseOfFile();
let afterFirstNight: () => Promise<void>;
let night: Night;
let paid: string[];

async function open(): Promise<Night> {
  paid = [];
  return openNight(database, {
    environment: { NOCTUARY_EMBED_BATCH_NOTES: "5" },
    wrap: (context) => ({ ...context, embedder: countingEmbedder(context.embedder, paid) }),
  });
}

beforeAll(async () => {
  await putNotes(database, "u", notes);
  night = await open();
  expect(await night.run()).toMatchObject({ status: "done", totals: { new: 24, embedded: 24 } });
  await night.close();
  afterFirstNight = await database.keep();
});
beforeEach(async () => {
  await afterFirstNight();
  night = await open();
});
afterEach(() => night.close());

const changed = (note: TestNote, change: Partial<TestNote> = {}): TestNote => ({
  ...note,
  updatedAt: "2026-11-02T20:00:00Z",
  ...change,
});
const derived = async () => {
  const { note_embedding, cluster, cluster_membership, cluster_event, usage } = await contentsOf(database);
  return { note_embedding, cluster, cluster_membership, cluster_event, usage };
};

test("a second night on unchanged notes embeds nothing, moves nothing and writes nothing of a user's", async () => {
  const before = await derived();
  expect(before.cluster!.length).toBeGreaterThan(2);
  expect(await night.run({}, TUESDAY)).toMatchObject({
    status: "done",
    costUsd: 0,
    totals: { live: 24, new: 0, changed: 0, unchanged: 24 },
  });
  expect(paid).toEqual([]);
  expect(await derived()).toEqual(before);
  expect(
    await database.query(
      "select step from noctuary.task where run_id = (select id from noctuary.run order by created_at desc limit 1)",
    ),
  ).toEqual([{ step: "plan" }]);
});

test("only a note whose text changed is embedded again", async () => {
  const vectors = () =>
    database.query(
      "select note_id, md5(vector::text) from noctuary.note_embedding where note_id <> 'note-00007' order by 1",
    );
  const before = await vectors();
  await putNotes(database, "u", [changed(notes[7]!, { body: "Something else about rye and levain." })]);
  expect(await night.run({}, TUESDAY)).toMatchObject({
    totals: { changed: 1, new: 0, unchanged: 23, embedded: 1 },
  });
  expect(paid).toEqual([`${notes[7]!.title}\n\nSomething else about rye and levain.`]);
  expect(await vectors()).toEqual(before);
});

test("a note that was merely touched costs nothing, and is not looked at the night after", async () => {
  await putNotes(database, "u", [
    changed(notes[7]!),
    changed(notes[8]!, { body: `\r\n ${notes[8]!.body}\r\n` }),
  ]);
  expect(await night.run({}, TUESDAY)).toMatchObject({ totals: { changed: 0, unchanged: 24 } });
  expect(paid).toEqual([]);
  const seen = await database.query(`select note_id from noctuary.note_embedding e join noctuary.note n
    on n.user_id = e.user_id and n.id = e.note_id where seen_updated_at <> updated_at`);
  expect(seen).toEqual([]);
});

test("tags do not count as text", async () => {
  await putNotes(database, "u", [changed(notes[7]!, { tags: ["new"] })]);
  await night.run({}, TUESDAY);
  expect(paid).toEqual([]);
});

test("a text that came back out of a backup with an older date is embedded, once", async () => {
  const older = { ...notes[7]!, body: "As it was long ago, about kilns.", updatedAt: "2020-01-01T00:00:00Z" };
  await putNotes(database, "u", [older]);
  await night.run({}, TUESDAY);
  expect(paid).toEqual([`${older.title}\n\n${older.body}`]);
  await night.run({}, "2026-11-04T07:00:00Z");
  expect(paid.length).toBe(1);
});

test("a text that changed without its date is found once a week, by its hash", async () => {
  await database.query("update noctuary.note set body = 'quietly rewritten' where id = 'note-00003'");
  await night.run({}, "2026-11-08T08:00:00Z");
  expect(paid).toEqual([]);
  await night.run({}, "2026-11-09T08:00:00Z");
  expect(paid).toEqual([`${notes[3]!.title}\n\nquietly rewritten`]);
});

test("`full` embeds every note again", async () => {
  expect(await night.run({ full: true }, TUESDAY)).toMatchObject({ totals: { embedded: 24, reused: 0 } });
  expect(paid.length).toBe(24);
});

test("identical texts are embedded once, within a batch and across", async () => {
  const copies = Array.from({ length: 12 }, (_, i) => ({
    id: `copy-${i}`,
    title: "Copied",
    body: "about a gambit",
  }));
  await putNotes(database, "u", copies);
  expect(await night.run({}, TUESDAY)).toMatchObject({ totals: { new: 12, embedded: 1, reused: 11 } });
  expect(paid).toEqual(["Copied\n\nabout a gambit"]);
  const distinct = await database.query<{ vectors: number }>(
    "select count(distinct md5(vector::text))::int as vectors from noctuary.note_embedding where note_id like 'copy-%'",
  );
  expect(distinct).toEqual([{ vectors: 1 }]);
});

test("a text is not shared between users", async () => {
  await putNotes(database, "somebody else", [notes[0]!]);
  await night.run({}, TUESDAY);
  expect(paid.length).toBe(1);
});

test("a slow worker does not put the vector of an earlier text over that of the present one", async () => {
  await putNotes(database, "u", [changed(notes[7]!, { body: "The text that the slow worker reads." })]);
  const first = await night.start({ trigger: "manual", asOf: TUESDAY, options: {} });
  const slowMessages = await night.receive("embed");
  // Two runs over the same note: the second one reads, embeds and saves a newer text while the first one waits.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const asked = Promise.withResolvers<void>();
  const { embedder } = night.context;
  const embed = embedder.embed;
  embedder.embed = async (...input) => {
    embedder.embed = embed;
    const answer = await embed(...input);
    asked.resolve();
    await held;
    return answer;
  };
  const slow = night.deliver("embed", slowMessages);
  await asked.promise;
  const present = changed(notes[7]!, { body: "The present text.", updatedAt: "2026-11-02T21:00:00Z" });
  await putNotes(database, "u", [present]);
  const second = await night.start({ trigger: "manual", asOf: TUESDAY, options: { userIds: ["u"] } });
  await night.deliver("embed", await night.receive("embed"));
  release();
  await slow;
  expect((await night.finish(first.runId)).status).toBe("done");
  expect((await night.finish(second.runId)).status).toBe("done");
  const rows = await database.query(`select e.content_hash = noctuary.content_hash(title, body) as "isPresent"
    from noctuary.note n join noctuary.note_embedding e on e.note_id = n.id where n.id = 'note-00007'`);
  expect(rows).toEqual([{ isPresent: true }]);
});
