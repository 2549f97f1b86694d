import { expect, test } from "vitest";
import { putNotes, themedNotes } from "../support/notes.ts";
import { daysBefore, mornings } from "./mornings.ts";

const { database, stacks, both, living, all, say } = mornings();

test("a dismissed stack goes, and is not made again", async () => {
  await both();
  const [stack] = await living();
  await say(stack!.id, "dismissed");
  await both("2026-11-03");
  await both("2026-11-04");
  expect(await all()).toMatchObject([{ id: stack!.id, retired_cause: "dismissed" }]);
});

test("a dismissed stack comes back when most of it is new, under another id and with less weight", async () => {
  await both();
  const [stack] = await living();
  await say(stack!.id, "dismissed");
  await both("2026-11-03");
  const more = themedNotes(30, { themes: 3, prefix: "more-", from: 90 })
    .filter(({ id }) => Number(id.slice(-5)) % 3 === 0)
    .map((note, i) => ({ ...note, createdAt: new Date(Date.parse(daysBefore(-i / 3))).toISOString() }));
  await putNotes(database, "u", more);
  await both("2026-11-06");
  const [again] = await living();
  expect(again).toMatchObject({ kind: "new-theme" });
  expect(again!.id).not.toBe(stack!.id);
  expect((again!.priority_parts as { kindWeight: number }).kindWeight).toBeLessThan(0.75);
});

test("a kept stack stays, as it was, also when its signal is over", async () => {
  await both();
  const [stack] = await living();
  await say(stack!.id, "kept");
  await both("2026-12-20");
  expect(await living()).toMatchObject([{ id: stack!.id, reason: stack!.reason, title: stack!.title }]);
});

test("a dismissal holds although the theme went into another one", async () => {
  await both();
  const [stack] = await living();
  await say(stack!.id, "dismissed");
  await database.query(`insert into noctuary.cluster (user_id, id, level, name, named_size, keyphrases, size, born_at)
    values ('u', 'other', 'topic', 'Other', 7, '{}', 7, now())`);
  await database.query("update noctuary.cluster_membership set cluster_id = 'other' where cluster_id = $1", [
    stack!.cluster_id,
  ]);
  await database.query(
    "update noctuary.cluster set retired_at = now(), merged_into = 'other' where id = $1",
    [stack!.cluster_id],
  );
  await stacks("2026-11-03");
  expect(await living()).toEqual([]);
});
