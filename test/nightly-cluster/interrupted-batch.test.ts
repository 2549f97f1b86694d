import { expect, test } from "vitest";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase } from "../support/test-database.ts";

test("a batch that fails half way goes on after the calls that were saved, and asks for none of them again", async () => {
  const database = await openTestDatabase();
  const answered: string[] = [];
  let calls = 0;
  const night = await openNight(database, {
    wrap: (context) => ({
      ...context,
      embedder: {
        ...context.embedder,
        pack: async (inputs) =>
          Array.from({ length: Math.ceil(inputs.length / 5) }, (_, call) =>
            [0, 1, 2, 3, 4].map((i) => call * 5 + i).filter((i) => i < inputs.length),
          ),
        async embed(inputs, options) {
          calls += 1;
          if (calls === 3) throw new Error("the connection broke");
          const answer = await context.embedder.embed(inputs, options);
          answered.push(...inputs);
          return answer;
        },
      },
    }),
  });
  try {
    await putNotes(database, "u", themedNotes(20));
    expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 20 } });
    expect(calls).toBe(5);
    expect(answered).toHaveLength(20);
    expect(new Set(answered).size).toBe(20);
  } finally {
    await night.close();
    await database.close();
  }
});
