import type { Candidate } from "@noctuary/core/smart-stacks/candidate";
import type { Facts, StackKind } from "@noctuary/core/smart-stacks/facts";
import { stackKinds } from "@noctuary/core/smart-stacks/facts";
import { notesToCompare } from "@noctuary/core/smart-stacks/notes-to-compare";
import { openItems } from "@noctuary/core/smart-stacks/open-items";
import { runDetectors } from "@noctuary/core/smart-stacks/run-detectors";
import { stubs, wordsForStubs } from "@noctuary/core/smart-stacks/stubs";
import { comparedText } from "@noctuary/core/smart-stacks/text-likeness";
import { wrongFacts } from "@noctuary/core/smart-stacks/verify-facts";
import { expect, test } from "vitest";
import { accountOf, every } from "./account.ts";

const PROSE =
  "some words about what was seen on the way to the market this morning and again in the rain ".repeat(5);

const account = accountOf(
  {
    burst: [1, 2, 3, 5, 6, 8, 9, 11, 13, ...every(20, 20, 240)],
    back: [3, 11, 18, 25, 32, 40, 46, 210, 220],
    born: [2, 3, 4, 5, 6, 8, 9],
    works: [8, 12, 20, 40, 60],
    echo: [2, 200, 205],
    twice: [16, 60],
    steady: every(6, 2, 240),
  },
  { splitFrom: { born: "steady" } },
);
/** Open to-dos, a question and a stub in one theme, the same text twice, and prose everywhere else. */
const bodyOf = (id: string): string => {
  if (id === "works-001") return `${PROSE}\n- [ ] mend the gate\n- [ ] and the lock\n- [x] done`;
  if (id === "works-002") return `${PROSE}\n- [ ] paint it\n- Who has the key?`;
  if (id === "works-003") return "Only begun.";
  if (id.startsWith("twice"))
    return "the levain doubles in five hours at twenty six degrees and then it is ready for the dough to be mixed";
  return `${PROSE} ${id}`;
};
const similarityOf = (a: string, b: string) => {
  const pair = [a, b].sort().join(" ");
  return pair === "echo-000 echo-001"
    ? 0.81
    : pair === "echo-000 echo-002"
      ? 0.77
      : 0.25 + ((a.length * 7 + b.length) % 10) / 100;
};

function found(): Record<StackKind, Candidate> {
  const grouped = account.notes.filter(({ writtenOn }) => writtenOn >= account.today - 180);
  const isStub = stubs(grouped.map(({ id }) => wordsForStubs(bodyOf(id))));
  const old = account.notes;
  const { candidates, failures } = runDetectors({
    account,
    open: grouped
      .map(({ id }) => {
        const { todos, questions } = openItems(bodyOf(id));
        const stub = isStub(wordsForStubs(bodyOf(id)));
        return { noteId: id, todos: todos.length, questions: questions.length, isStub: stub, first: [] };
      })
      .filter((note) => note.todos + note.questions > 0 || note.isStub),
    echoes: {
      found: ["echo-001", "echo-002"].map((oldId) => ({
        newId: "echo-000",
        oldId,
        similarity: similarityOf("echo-000", oldId),
      })),
      usual: notesToCompare(account).before.flatMap((note) => {
        const near = old
          .filter(({ writtenOn }) => writtenOn < note.writtenOn - 90)
          .map(({ id }) => similarityOf(note.id, id));
        return near.length === 0 ? [] : [Math.max(...near)];
      }),
      linked: new Set(),
    },
    closePairs: [["twice-000", "twice-001"]],
    texts: new Map(
      ["twice-000", "twice-001"].map((id) => [id, comparedText({ title: id, body: bodyOf(id) })]),
    ),
  });
  expect(failures).toEqual([]);
  return Object.fromEntries(
    stackKinds.map((kind) => [kind, candidates.find((candidate) => candidate.kind === kind)]),
  ) as Record<StackKind, Candidate>;
}

const wrongIn = (facts: Facts, topicId: string | null) =>
  wrongFacts(facts, topicId, {
    account,
    textOf: (id) => ({ title: id, body: bodyOf(id) }),
    similarityOf,
  });

/** The same facts with one number, date, answer or list of notes changed, for each there is. */
function falsehoods(facts: Facts): { what: string; facts: Facts }[] {
  const changed: { what: string; facts: Facts }[] = [];
  const walk = (value: unknown, path: (string | number)[]): void => {
    const put = (other: unknown, how: string) => {
      const copy = structuredClone(facts) as unknown as Record<string | number, unknown>;
      let at = copy;
      for (const key of path.slice(0, -1)) at = at[key] as typeof at;
      at[path.at(-1)!] = other;
      changed.push({ what: `${path.join(".")} ${how}`, facts: copy as unknown as Facts });
    };
    if (typeof value === "number") {
      put(value + (Number.isInteger(value) ? 1 : 0.05), "raised");
      if (value > 0) put(value - (Number.isInteger(value) ? 1 : 0.05), "lowered");
    } else if (typeof value === "boolean") put(!value, "turned");
    else if (typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value)) {
      const day = new Date(Date.parse(value) - 86_400_000).toISOString().slice(0, 10);
      put(day, "a day before");
    } else if (Array.isArray(value) && typeof value[0] === "string") put(value.slice(1), "shortened");
    else if (value !== null && typeof value === "object")
      for (const [key, inner] of Object.entries(value))
        walk(inner, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  for (const [key, value] of Object.entries(facts)) if (key !== "kind") walk(value, [key]);
  return changed;
}

test.each(stackKinds)(
  "facts of %s hold as they are found, and none of them holds when it is changed",
  (kind) => {
    const { facts, topicId } = found()[kind];
    expect(wrongIn(facts, topicId)).toEqual([]);
    const changed = falsehoods(facts);
    expect(changed.length).toBeGreaterThan(2);
    expect(
      changed.filter(({ facts: other }) => wrongIn(other, topicId).length === 0).map(({ what }) => what),
    ).toEqual([]);
  },
);

test("a theme that is called a branch of the wrong one is found out", () => {
  const { facts, topicId } = found()["new-theme"];
  expect(wrongIn({ ...facts, splitFrom: "back" } as Facts, topicId)).toEqual(["splitFrom"]);
});
