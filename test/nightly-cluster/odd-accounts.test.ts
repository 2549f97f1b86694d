import type { Context } from "@noctuary/core/context";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, type TestNote, themedNotes } from "../support/notes.ts";

const LATER = "2026-11-03T07:00:00Z";

const database = databaseOfFile();
let night: Night;
beforeAll(async () => {
  night = await openNight(database, { wrap });
});
afterAll(() => night.close());

/** An embedder that has nothing to say of notes without a word; ours always has. */
const wrap = (context: Context): Context => ({
  ...context,
  embedder: {
    ...context.embedder,
    async embed(inputs, options) {
      const embedded = await context.embedder.embed(inputs, options);
      const { dimensions } = context.embedder;
      for (const [at, input] of inputs.entries())
        if (!/\w/.test(input)) embedded.vectors.fill(0, at * dimensions, (at + 1) * dimensions);
      return embedded;
    },
  },
});

const numbered = (count: number, text: (n: number) => string): TestNote[] =>
  Array.from({ length: count }, (_, n) => ({
    id: `n${String(n).padStart(3, "0")}`,
    title: text(n),
    body: text(n),
  }));
/** Words that no two of so many notes have in common. */
const own = (n: number) =>
  ["qu", "br", "st", "pl"].map((start) => `${start}${"aeiou"[n % 5]}${n}x`).join(" ");

const accounts: Record<string, TestNote[]> = {
  "all notes identical": numbered(30, () => "Sourdough starter, fed at noon"),
  "all unrelated": numbered(24, own),
  "one giant topic": [
    ...themedNotes(90, { themes: 1 }),
    ...themedNotes(12, { themes: 2, prefix: "other-" }).filter((_, n) => n % 2 === 1),
  ],
  "vectors of zero length": [...themedNotes(20), ...numbered(4, (n) => "…".repeat(n + 1))],
  "nothing but vectors of zero length": numbered(5, (n) => "…".repeat(n + 1)),
  "three notes": themedNotes(3),
  "one note": themedNotes(1),
};

test.each(Object.entries(accounts))(
  "%s: each is in one topic and one area with names, and stays there",
  async (user, notes) => {
    await putNotes(database, user, notes);
    const first = await night.run({ userIds: [user] });
    expect(first.status).toBe("done");
    const places = () =>
      database.query<{ note: string; topic: string; name: string; area: string }>(
        `select m.note_id as note, t.id as topic, t.name, a.name as area
       from noctuary.cluster_membership m
       join noctuary.cluster t on t.id = m.cluster_id and t.level = 'topic' and t.retired_at is null
       join noctuary.cluster a on a.id = t.parent_id and a.level = 'area' and a.retired_at is null
       where m.user_id = $1 order by m.note_id`,
        [user],
      );
    const before = await places();
    expect(before.map(({ note }) => note)).toEqual(notes.map(({ id }) => id).sort());
    for (const { name, area } of before) expect([name, area]).not.toContain("");
    const topics = Map.groupBy(before, ({ topic }) => topic);
    expect(new Set([...topics.values()].map(([one]) => one!.name)).size).toBe(topics.size);
    if (user.endsWith("vectors of zero length")) {
      const [{ zero } = { zero: 0 }] = await database.query<{ zero: number }>(
        "select count(*)::int as zero from noctuary.note_embedding where user_id = $1 and vector_norm(vector) = 0",
        [user],
      );
      expect(zero).toBe(notes.filter(({ body }) => body.startsWith("…")).length);
    }
    if (user === "all notes identical") expect(topics.size).toBe(1);
    if (user === "one giant topic") {
      const others = before.filter(({ note }) => note.startsWith("other-"));
      expect(new Set(others.map(({ topic }) => topic)).size, "what is not of it is not lost in it").toBe(1);
    }

    await putNotes(database, user, [{ ...notes[0]!, body: `${notes[0]!.body} Again.`, updatedAt: LATER }]);
    expect((await night.run({ userIds: [user] }, LATER)).totals).toMatchObject({ moved: 0 });
    const after = await places();
    expect(after.slice(1)).toEqual(before.slice(1));
  },
);
