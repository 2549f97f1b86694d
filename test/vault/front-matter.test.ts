import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readFrontMatter } from "../../packages/cli/src/vault/front-matter.ts";

const read = (yaml: string) => readFrontMatter(`---\n${yaml}\n---\nText`);

describe("fields", () => {
  test.each([
    ["created: 2026-05-25", "2026-05-25T12:00:00.000Z"],
    ["date: 2026-05-25T08:30:00-04:00", "2026-05-25T12:30:00.000Z"],
    ["Created At: 2026-05-25 08:30 +0000", "2026-05-25T08:30:00.000Z"],
    ["created_at: '2026-05-25T08:30:00Z'", "2026-05-25T08:30:00.000Z"],
    ["date created: 20260525", "2026-05-25T12:00:00.000Z"],
    ["createdAt: [[2026-05-25]]", "2026-05-25T12:00:00.000Z"],
    ['created: "[[2026-05-25]]"', "2026-05-25T12:00:00.000Z"],
    ["ctime: 1779710400000", "2026-05-25T12:00:00.000Z"],
  ])("created: %s", (yaml, date) => {
    expect(read(yaml).fields.createdAt?.toISOString()).toBe(date);
  });

  test.each(["updated", "updated_at", "modified", "date modified", "lastmod", "last-modified", "mtime"])(
    "updated: %s",
    (key) => {
      expect(read(`${key}: 2026-05-25`).fields.updatedAt?.toISOString()).toBe("2026-05-25T12:00:00.000Z");
    },
  );

  test.each([
    ["tags: [a, b c, 2024]", ["a", "b c", "2024"]],
    ["tags:\n  - a\n  - b", ["a", "b"]],
    ["tags: a, b  c", ["a", "b", "c"]],
    ["tag: a", ["a"]],
    ["tags: [a, {b: c}, null]", ["a"]],
    ["tags:", []],
  ])("%j", (yaml, tags) => {
    expect(read(yaml).fields.tags).toEqual(tags);
  });

  test.each([
    ["ai: false", true],
    ["ai: no", true],
    ["AI: off", true],
    ["ai_excluded: true", true],
    ["aiExcluded: yes", true],
    ["ai: true", false],
    ["ai_excluded: false", false],
    ["ai:", false],
    ["aim: false", false],
  ])("%s", (yaml, isExcluded) => {
    const { fields, problems } = read(yaml);
    expect(fields.aiExcluded).toBe(isExcluded);
    expect(problems).toEqual([]);
  });

  test("a word that is neither yes nor no keeps the note out and is a problem", () => {
    const { fields, problems } = read("title: x\nai: perhaps");
    expect(fields.aiExcluded).toBe(true);
    expect(problems).toMatchObject([{ line: 3, code: "ai-flag-unclear" }]);
  });

  test("a date that nobody can read is a problem with its line, and the next field counts", () => {
    const { fields, problems } = read("title: x\ncreated: yesterday\ndate: 2026-05-25");
    expect(fields.createdAt?.toISOString()).toBe("2026-05-25T12:00:00.000Z");
    expect(problems).toMatchObject([{ line: 3, code: "date-unreadable" }]);
  });
});

describe("where front matter begins and ends", () => {
  test("a rule in the text, or two around a paragraph, are no front matter", () => {
    for (const text of [
      "Text\n---\nai: false\n---\n",
      "---\nA paragraph.\n---\nText",
      "---\n\nText",
      "----\na: b\n----",
    ]) {
      expect(readFrontMatter(text)).toMatchObject({ body: text, problems: [] });
    }
  });

  test("an empty block and one that ends the file are front matter", () => {
    expect(readFrontMatter("---\n---\nText").body).toBe("Text");
    expect(readFrontMatter("---\ntitle: a\n---")).toMatchObject({ body: "", fields: { title: "a" } });
  });

  test("a block that is never closed is a problem, its text is whole and its exclusion holds", () => {
    const text = "---\nai: false\ntitle: a\n\nText";
    const { body, fields, problems } = readFrontMatter(text);
    expect(body).toBe(text);
    expect(fields.aiExcluded).toBe(true);
    expect(problems).toMatchObject([{ code: "front-matter-unclosed" }]);
  });
});

describe("broken and hostile blocks", () => {
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${"bcdefghi"
    .split("")
    .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join(",")}]`)
    .join("\n")}`;

  test.each([
    ["an alias bomb", bomb, "front-matter-hostile"],
    ["a bracket never closed", "x: [a", "front-matter-broken"],
    ["a colon in a title", "x: a: b", "front-matter-broken"],
    ["a key twice", "x: 1\nx: 2", "front-matter-broken"],
    ["a template that was not filled in", "x: {{title}} by {{author}}", "front-matter-broken"],
    ["endless nesting", `x: ${"[".repeat(30_000)}`, undefined],
    ["a block without end", `x: "${"y".repeat(70_000)}"`, "front-matter-too-long"],
  ])("%s is a problem; plain lines, above all ai: false, still count", (_, yaml, code) => {
    const { body, fields, problems } = read(`title: Kept\n${yaml}\nai: false`);
    expect(body).toBe("Text");
    expect(fields).toMatchObject({ title: "Kept", aiExcluded: true });
    expect(problems).toHaveLength(1);
    if (code !== undefined) expect(problems[0]?.code).toBe(code);
  });

  test("a message never quotes the note", () => {
    const { problems } = read('title: "canary: [secret\ncreated: canary-date\nai: canary-flag');
    expect(problems).not.toEqual([]);
    expect(JSON.stringify(problems)).not.toContain("canary");
  });

  test("nothing makes it throw", () => {
    const piece = fc.constantFrom(
      "---\n",
      "...\n",
      "ai: ",
      "tags: ",
      "date: ",
      "&a ",
      "*a",
      "[",
      "]",
      "{",
      "}",
      "- ",
      ": ",
      "\n",
      "'",
      '"',
      "#",
      "!!set ",
      "? ",
      "| \n",
      "__proto__: ",
      "9e99",
    );
    const anyUnit = fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit));
    const text = fc.array(fc.oneof(piece, fc.string({ maxLength: 5 }), anyUnit), { maxLength: 40 });
    fc.assert(
      fc.property(text, (pieces) => {
        const { body, fields } = readFrontMatter(`---\n${pieces.join("")}`);
        expect(typeof body).toBe("string");
        expect(Number.isNaN(fields.createdAt?.getTime() ?? 0)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});
