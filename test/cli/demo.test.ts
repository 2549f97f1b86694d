import { expect, test } from "vitest";
import { noctuary } from "./noctuary.ts";

interface Demo {
  notes: { notes: number; excluded: number; failed: number; pending: number };
  areas: {
    topics: { name: string; size: number; isNew: boolean; keyphrases: string[]; notes: string[] }[];
  }[];
  changes: { kind: string }[];
  run: { status: string; costUsd: number };
  again: { totals: Record<string, number>; costUsd: number };
}

test("the demo shows named topics with something new, and a second night that costs nothing", {
  timeout: 120_000,
}, async () => {
  const { code, stdout, stderr, json } = await noctuary(["demo", "--json"]);
  expect(code, stderr).toBe(0);
  expect(stdout).not.toBe("");
  const demo = json<Demo>();
  expect(demo.notes).toMatchObject({ failed: 0, pending: 0, excluded: 4 });
  expect(demo.notes.notes).toBeGreaterThan(200);
  const topics = demo.areas.flatMap((area) => area.topics);
  expect(topics.length).toBeGreaterThan(8);
  expect(topics.length).toBeLessThan(30);
  expect(topics.reduce((sum, topic) => sum + topic.size, 0)).toBe(demo.notes.notes - demo.notes.excluded);
  expect(new Set(topics.map((topic) => topic.name.toLowerCase())).size).toBe(topics.length);
  expect(topics.some((topic) => topic.isNew)).toBe(true);
  expect(demo.changes.length).toBeGreaterThan(0);
  // Half of the daily notes share a template; its headings name nothing.
  for (const { name, keyphrases } of topics) {
    expect([name, ...keyphrases].join(" ")).not.toMatch(/\b(morning|today|grateful|energy|tomorrow)\b/i);
  }
  expect(demo.run).toMatchObject({ status: "done", costUsd: 0 });
  expect(demo.again.totals).toMatchObject({ new: 0, changed: 0 });
  expect(demo.again.totals.embedded ?? 0).toBe(0);
  expect(demo.again.totals.moved ?? 0).toBe(0);
});

test("the demo is the same every time", { timeout: 120_000 }, async () => {
  const [one, two] = await Promise.all([noctuary(["demo"]), noctuary(["demo"])]);
  const withoutTimes = (text: string) => text.replace(/\(\d+\.\d s\)/g, "");
  expect(withoutTimes(one!.stdout)).toBe(withoutTimes(two!.stdout));
  // What the owner decided, what became of that topic, and why a note of it is there.
  expect(one!.stdout).toMatch(/its owner calls the topic of "The north wall is wet again" Wet kitchen wall/);
  expect(one!.stdout).toMatch(/The history of Wet kitchen wall.*\n.*\n {2}Wet kitchen wall is new/);
  expect(one!.stdout).toMatch(
    /Why "The north wall is wet again" is where it is\nin Wet kitchen wall, \d+ % likely to stay.*\nshares with it: .+\nleans on: .+/,
  );
});
