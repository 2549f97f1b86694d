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

test("what one call brought before it failed is saved, and only the rest is asked for again", async () => {
  const database = await openTestDatabase();
  const asked: string[] = [];
  let hasFailed = false;
  const night = await openNight(database, {
    wrap: (context) => ({
      ...context,
      embedder: {
        ...context.embedder,
        async embed(inputs, options) {
          const answer = await context.embedder.embed(inputs, options);
          if (hasFailed) {
            asked.push(...inputs);
            return answer;
          }
          hasFailed = true;
          asked.push(...inputs.slice(0, 12));
          const indexes = [...inputs.keys()].slice(12);
          const dimensions = answer.vectors.length / inputs.length;
          return {
            ...answer,
            vectors: answer.vectors.fill(0, 12 * dimensions),
            unanswered: { indexes, error: new Error("the connection broke") },
          };
        },
      },
    }),
  });
  try {
    await putNotes(database, "u", themedNotes(20));
    expect(await night.run()).toMatchObject({ status: "done", totals: { embedded: 20, failedNotes: 0 } });
    expect(asked).toHaveLength(20);
    expect(new Set(asked).size).toBe(20);
    const [stored] = await database.query<{ n: number; inputs: number }>(`
      select count(*)::int as n, (select sum(inputs)::int from noctuary.usage) as inputs
      from noctuary.note_embedding where vector_norm(vector) > 0.9`);
    expect(stored).toEqual({ n: 20, inputs: 20 });
  } finally {
    await night.close();
    await database.close();
  }
});
