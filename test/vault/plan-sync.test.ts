import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CurrentNote,
  deriveNoteId,
  deriveSourceId,
  type KnownNote,
  type PlanSyncInput,
  planSync,
  type SyncPlan,
} from "../../packages/cli/src/vault/plan-sync.ts";
import { blankTextHash, type SourceProblem, sha256 } from "../../packages/cli/src/vault/source-note.ts";

const note = (key: string, text: string, title = key): CurrentNote => ({
  key,
  textHash: text === "" ? blankTextHash : sha256(text),
  contentHash: sha256(`${title}|${text}`),
});

const hidden = (key?: string, userId?: string): SourceProblem => ({
  file: key ?? "notes.jsonl",
  code: "x",
  message: "x",
  isUnknown: true,
  ...(key !== undefined && { key }),
  ...(userId !== undefined && { userId }),
});

const plan = (known: KnownNote[], current: CurrentNote[], more: Partial<PlanSyncInput<CurrentNote>> = {}) =>
  planSync({ sourceId: "s", kind: "folder", userId: "me", known, current, ...more });

/** What is stored once a plan was carried out. */
const apply = ({ add, change, move, unchanged, kept }: SyncPlan<CurrentNote>): KnownNote[] => [
  ...kept,
  ...[...add, ...change, ...move, ...unchanged].map(
    ({ noteId, userId, note: { key, contentHash, textHash } }) => ({
      noteId,
      userId,
      key,
      contentHash,
      textHash,
    }),
  ),
];

const stored = (...notes: CurrentNote[]): KnownNote[] => apply(plan([], notes));
const counts = (result: SyncPlan<CurrentNote>) =>
  Object.fromEntries(
    Object.entries(result).flatMap(([what, list]) => (list.length > 0 ? [[what, list.length]] : [])),
  );

describe("what changed", () => {
  test("the same folder again changes nothing; one change is one change", () => {
    const notes = [note("a.md", "one"), note("b.md", "two")];
    const known = stored(...notes);
    expect(counts(plan(known, notes))).toEqual({ unchanged: 2 });
    const result = plan(known, [notes[0]!, note("b.md", "three")]);
    expect(counts(result)).toEqual({ unchanged: 1, change: 1 });
    expect(result.change[0]?.noteId).toBe(known.find(({ key }) => key === "b.md")?.noteId);
  });

  test("a note in another folder or under another name keeps its id", () => {
    const known = stored(note("a.md", "one"), note("b.md", "two"));
    const result = plan(known, [note("x/a.md", "one", "a.md"), note("renamed.md", "two")]);
    expect(
      result.move.map(({ from, note, isChanged, noteId }) => [from, note.key, isChanged, noteId]),
    ).toEqual([
      ["a.md", "x/a.md", false, known[0]?.noteId],
      ["b.md", "renamed.md", true, known[1]?.noteId],
    ]);
    expect(counts(result)).toEqual({ move: 2 });
  });

  test("another case of a name is the same note, even with another text", () => {
    const known = stored(note("Notes/Todo.md", "one"));
    expect(plan(known, [note("notes/todo.md", "two")]).move).toMatchObject([{ noteId: known[0]?.noteId }]);
    expect(counts(plan(known, [note("Notes/Todo.md", "one"), note("notes/todo.md", "two")]))).toEqual({
      unchanged: 1,
      add: 1,
    });
  });

  test("a copy is a new note, and so is one whose text changed on the way", () => {
    const known = stored(note("a.md", "one"));
    expect(counts(plan(known, [note("a.md", "one"), note("copy.md", "one")]))).toEqual({
      unchanged: 1,
      add: 1,
    });
    expect(counts(plan(known, [note("b.md", "two")]))).toEqual({ remove: 1, add: 1 });
  });

  test("of identical notes, those of one file name pair off first, then by order of path", () => {
    const known = stored(...["1/a.md", "1/b.md", "1/c.md"].map((key) => note(key, "same")));
    const result = plan(
      known,
      ["2/c.md", "2/x.md", "2/y.md"].map((key) => note(key, "same")),
    );
    expect(result.move.map(({ from, note }) => [from, note.key])).toEqual([
      ["1/c.md", "2/c.md"],
      ["1/a.md", "2/x.md"],
      ["1/b.md", "2/y.md"],
    ]);
  });

  test("blank notes are known by their file name alone", () => {
    const known = stored(note("1/a.md", ""), note("1/b.md", ""));
    expect(counts(plan(known, [note("2/a.md", ""), note("new.md", "")]))).toEqual({
      move: 1,
      remove: 1,
      add: 1,
    });
  });

  test("ten thousand identical notes move in one go", () => {
    const keys = (folder: string) =>
      Array.from({ length: 10_000 }, (_, n) => note(`${folder}/${n}-${folder}.md`, "same"));
    expect(counts(plan(stored(...keys("a")), keys("b")))).toEqual({ move: 10_000 });
  });

  test("a removed note that comes back, or turns up elsewhere, is itself again", () => {
    const known = stored(note("a.md", "one")).map((one) => ({ ...one, isRemoved: true }));
    expect(plan(known, [note("a.md", "one")]).change).toMatchObject([{ noteId: known[0]?.noteId }]);
    expect(plan(known, [note("b.md", "one")]).move).toMatchObject([
      { noteId: known[0]?.noteId, isChanged: true },
    ]);
    expect(counts(plan(known, []))).toEqual({});
  });

  test("ids of a JSONL file are ids: the same text under another one is another note", () => {
    const known = stored(note("aB", "one"));
    expect(counts(plan(known, [note("Ab", "one")], { kind: "jsonl" }))).toEqual({ remove: 1, add: 1 });
  });
});

describe("what cannot be read", () => {
  const known = stored(note("a.md", "one"), note("x/b.md", "two"), note("x/y/c.md", "three"));

  test.each([
    [[hidden("a.md")], { kept: 1, remove: 2 }],
    [[hidden("A.md"), hidden("x/")], { kept: 3 }],
    [[hidden("x/y/")], { kept: 1, remove: 2 }],
    [[hidden()], { kept: 3 }],
    [[{ ...hidden("a.md"), isUnknown: false }], { remove: 3 }],
    [[hidden("a.md", "someone else")], { remove: 3 }],
    [[hidden("x")], { remove: 3 }],
  ])("keeps what it hides and nothing else: %#", (problems, expected) => {
    expect(counts(plan(known, [], { problems }))).toEqual(expected);
  });

  test("a note that may still be there does not lend its id", () => {
    const result = plan(known, [note("new.md", "one")], { problems: [hidden("a.md")] });
    expect(counts(result)).toEqual({ kept: 1, remove: 2, add: 1 });
  });
});

describe("ids", () => {
  test("are the same in every home, and apart between sources, users and keys", () => {
    const id = (source: string, user: string, key: string) => deriveNoteId(source, user, key, () => false);
    const source = deriveSourceId("folder", "/notes");
    expect(deriveSourceId("folder", "/notes")).toBe(source);
    const ids = [
      id(source, "u", "a"),
      id(deriveSourceId("folder", "/b"), "u", "a"),
      id(source, "v", "a"),
      id(source, "u", "b"),
    ];
    expect(new Set(ids).size).toBe(4);
    expect(ids[0]).toBe(id(source, "u", "a"));
    expect(ids[0]).toMatch(/^[0-9a-f]{24}$/);
  });

  test("a new note where a moved one used to be gets an id of its own", () => {
    const moved = apply(plan(stored(note("a.md", "one")), [note("b.md", "one")]));
    const result = plan(moved, [note("b.md", "one"), note("a.md", "two")]);
    expect(counts(result)).toEqual({ unchanged: 1, add: 1 });
    expect(result.add[0]?.noteId).not.toBe(moved[0]?.noteId);
  });
});

describe("whatever happens to a source", () => {
  const text = fc.constantFrom("", "one", "two", "three");
  const key = fc.constantFrom("a.md", "A.md", "b.md", "x/a.md", "x/b.md", "X/a.md", "x/y/c.md", "d.md");
  const user = fc.constantFrom(undefined, "me", "you");
  const currentNote = fc
    .record({ key, text, user, title: fc.constantFrom("t", "u") })
    .map(({ key, text, user, title }) => ({
      ...note(key, text, title),
      ...(user !== undefined && { userId: user }),
    }));
  const source = fc.uniqueArray(currentNote, {
    selector: (one) => `${one.userId ?? "me"}:${one.key}`,
    maxLength: 14,
  });
  const problems = fc.array(
    fc
      .tuple(fc.option(fc.oneof(key, fc.constantFrom("x/", "x/y/")), { nil: undefined }), user)
      .map(([at, whose]) => hidden(at, whose)),
    { maxLength: 2 },
  );
  const kind = fc.constantFrom("folder" as const, "jsonl" as const);
  const nights = fc.array(fc.record({ current: source, problems: fc.oneof(fc.constant([]), problems) }), {
    maxLength: 6,
  });

  test("every note is in one list, keeps its user, and a second sync finds nothing to do", () => {
    fc.assert(
      fc.property(kind, nights, (kind, nights) => {
        let known: KnownNote[] = [];
        for (const { current, problems } of nights) {
          const result = plan(known, current, { kind, problems });
          const { add, change, move, unchanged, remove, kept } = result;
          const planned = [...add, ...change, ...move, ...unchanged];
          expect(new Set(planned.map((one) => one.note))).toEqual(new Set(current));
          expect(planned).toHaveLength(current.length);
          const old = [
            ...[...change, ...move, ...unchanged].map((one) => one.noteId),
            ...[...remove, ...kept].map((one) => one.noteId),
          ];
          const living = known.filter(({ isRemoved }) => isRemoved !== true);
          expect(new Set(old).size).toBe(old.length);
          expect(living.filter(({ noteId }) => !old.includes(noteId))).toEqual([]);
          expect(old.filter((id) => !known.some(({ noteId }) => noteId === id))).toEqual([]);
          const owners = new Map(known.map((one) => [one.noteId, one.userId]));
          for (const { noteId, userId, note } of planned) {
            expect(userId).toBe(note.userId ?? "me");
            expect(owners.get(noteId) ?? userId).toBe(userId);
          }
          const gone = known.filter(
            ({ noteId }) =>
              !planned.some((one) => one.noteId === noteId) && !kept.some((one) => one.noteId === noteId),
          );
          known = [...apply(result), ...gone.map((one) => ({ ...one, isRemoved: true }))];
          expect(new Set(known.map((one) => one.noteId)).size).toBe(known.length);
          const again = plan(known, current, { kind, problems });
          expect(counts({ ...again, kept: [], unchanged: [] })).toEqual({});
        }
      }),
      { numRuns: 300 },
    );
  });

  test("the order in which notes come makes no difference", () => {
    const shuffled = fc
      .tuple(source, source)
      .chain(([before, after]) =>
        fc.tuple(
          fc.constant({ known: apply(plan([], before)), after }),
          fc.shuffledSubarray(before, { minLength: before.length }),
          fc.shuffledSubarray(after, { minLength: after.length }),
        ),
      );
    fc.assert(
      fc.property(shuffled, ([{ known, after }, beforeShuffled, afterShuffled]) => {
        const knownShuffled = apply(plan([], beforeShuffled)).toReversed();
        expect(plan(knownShuffled, afterShuffled)).toEqual(plan(known, after));
      }),
      { numRuns: 200 },
    );
  });

  test("a text that is nowhere else is never lost and stored anew when its file is renamed", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 10 }),
        fc.nat(),
        (texts, seed) => {
          const known = stored(...texts.map((one, at) => note(`${at}.md`, `text ${one}`)));
          const renamed = texts.map((one, at) =>
            note(`${(at * 7 + seed) % 1000}-new-${at}.md`, `text ${one}`),
          );
          expect(counts(plan(known, renamed))).toEqual({ move: texts.length });
        },
      ),
    );
  });
});
