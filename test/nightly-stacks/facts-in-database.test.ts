import { gatherEvidence } from "@noctuary/core/nightly-stacks/gather-evidence";
import type { Facts } from "@noctuary/core/smart-stacks/facts";
import { wrongFacts } from "@noctuary/core/smart-stacks/verify-facts";
import { expect, test } from "vitest";
import { putNotes, themedNotes } from "../support/notes.ts";
import { daysBefore, mornings, TODAY } from "./mornings.ts";

const morning = mornings();
const { database, clusters, stacks, both, living } = morning;

/** Every fact of every living stack that the database does not bear out. */
async function wrongInDatabase(): Promise<string[]> {
  const { evidence } = await gatherEvidence(morning.night.context, "u", new Date(`${TODAY}T08:30:00Z`));
  const notes = await database.query<{ id: string; title: string; body: string }>(
    "select id, title, body from noctuary.note",
  );
  const byId = new Map(notes.map((note) => [note.id, note]));
  const near = await database.query<{ a: string; b: string; similarity: number }>(
    `select a.note_id as a, b.note_id as b, 1 - (a.vector <=> b.vector) as similarity
     from noctuary.note_embedding a, noctuary.note_embedding b`,
  );
  const similarity = new Map(near.map((row) => [`${row.a} ${row.b}`, row.similarity]));
  return (await living()).flatMap((stack) =>
    wrongFacts(stack.facts as Facts, stack.cluster_id, {
      account: evidence.account,
      textOf: (id) => byId.get(id),
      similarityOf: (a, b) => similarity.get(`${a} ${b}`),
    }).map((fact) => `${stack.kind}: ${fact}`),
  );
}

test("every fact of every stack can be computed again from the database, and a false one is found out", async () => {
  const copy = { ...themedNotes(3)[1]!, id: "copy", title: "Another title", createdAt: daysBefore(20) };
  const todos = themedNotes(7, { prefix: "todo-" }).map((note, i) => ({
    ...note,
    body: `${themedNotes(1, { from: 300 + i })[0]!.body}\n- [ ] mend it\n- [ ] and this`,
    createdAt: daysBefore(20 - i),
    updatedAt: daysBefore(20 - i),
  }));
  await putNotes(database, "u", [copy, ...todos]);
  await both();
  expect((await living()).length).toBeGreaterThan(1);
  expect(await wrongInDatabase()).toEqual([]);
  await database.query(
    `update noctuary.smart_stack set facts = jsonb_set(facts, '{notes}', '99') where kind = 'new-theme'`,
  );
  await database.query(
    `update noctuary.smart_stack set facts = jsonb_set(facts, '{sharedWords}', '99') where kind = 'near-duplicates'`,
  );
  expect((await wrongInDatabase()).length).toBeGreaterThan(0);
});

test("a theme that the clusters' events say split from another is told as its branch", async () => {
  await clusters();
  const [bread] = await database.query<{ id: string }>(
    `select cluster_id as id from noctuary.cluster_membership where note_id like 'bread-%' group by 1 order by count(*) desc`,
  );
  await database.query(
    `update noctuary.cluster_event set kind = 'split', other_id = 'older' where cluster_id = $1 and kind = 'born'`,
    [bread!.id],
  );
  await stacks();
  expect(await living()).toMatchObject([
    {
      reason: "7 notes on 7 days since 24 October 2026, and none before.",
      facts: { splitFrom: "older" },
    },
  ]);
  expect(await wrongInDatabase()).toEqual([]);
});
