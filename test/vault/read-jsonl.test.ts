import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readJsonl } from "../../packages/cli/src/vault/read-jsonl.ts";
import { collect, folderOf } from "./folder-fixture.ts";

const line = (fields: object) => JSON.stringify({ createdAt: "2026-05-25T08:00:00Z", ...fields });

async function read(content: string | Uint8Array, name = "notes.jsonl") {
  const folder = await folderOf({ [name]: content });
  return collect(readJsonl(join(folder, name)));
}

test("a line is a note; its folder is no part of it", async () => {
  const full = {
    id: "n1",
    title: "A\u0000  b",
    body: "Text\r\n",
    tags: ["x", "#X"],
    folder: "f",
    updatedAt: "2026-05-26",
  };
  const { notes, problems } = await read(
    `${line({ ...full, userId: 7, aiExcluded: true })}\n${line({ id: 2 })}`,
  );
  expect(problems).toEqual([]);
  expect(notes[0]).toMatchObject({
    key: "n1",
    userId: "7",
    title: "A b",
    body: "Text\n",
    tags: ["x"],
    createdAt: new Date("2026-05-25T08:00:00Z"),
    updatedAt: new Date("2026-05-26T12:00:00Z"),
    aiExcluded: true,
  });
  expect(JSON.stringify(notes[0])).not.toContain("folder");
  expect(notes[1]).toMatchObject({ key: "2", title: "", body: "", tags: [], aiExcluded: false });
  expect(notes[1]).not.toHaveProperty("userId");
});

test("a packed file reads as the plain one does, with any ends of lines and a byte order mark", async () => {
  const lines = [line({ id: "a", body: "ä\n" }), line({ id: "b" })];
  const plain = await read(`${lines.join("\n")}\n`);
  expect(plain.notes).toHaveLength(2);
  expect(await read(`\ufeff${lines.join("\r\n\r\n")}`)).toEqual(plain);
  expect(await read(gzipSync(lines.join("\n")), "notes.jsonl.gz")).toEqual(plain);
});

test("a broken line is a problem with its number, and the rest goes on", async () => {
  const { notes, problems } = await read(
    Buffer.concat([
      Buffer.from([line({ id: "ok" }), '{"id": "cut', "[]", line({ id: "t", title: 5 }), ""].join("\n")),
      Uint8Array.of(0x22, 0xff, 0x22, 10),
      Buffer.from(
        [
          line({ id: "d", userId: "u", createdAt: "yesterday" }),
          JSON.stringify({ id: "undated" }),
          line({ title: "no id" }),
          '{"id": 12345678901234567890, "createdAt": "2026-05-25"}',
          line({ id: "ai", ai: "false" }),
          line({ id: "last" }),
        ].join("\n"),
      ),
    ]),
  );
  expect(notes.map(({ key }) => key)).toEqual(["ok", "last"]);
  expect(
    problems.map(({ line, code, key, userId, isUnknown }) => [line, code, key, userId, isUnknown]),
  ).toEqual([
    [2, "json-broken", undefined, undefined, true],
    [3, "line-invalid", undefined, undefined, true],
    [4, "line-invalid", "t", undefined, true],
    [5, "encoding", undefined, undefined, true],
    [6, "line-invalid", "d", "u", true],
    [7, "line-invalid", "undated", undefined, true],
    [8, "line-invalid", undefined, undefined, true],
    [9, "line-invalid", undefined, undefined, true],
    [10, "line-invalid", "ai", undefined, true],
  ]);
});

test("a message names fields, never what they hold", async () => {
  const { problems } = await read(`{"canary"\n${line({ id: "a", title: ["canary"], createdAt: "canary" })}`);
  expect(problems).toHaveLength(2);
  expect(problems[1]?.message).toMatch(/title.*createdAt/);
  expect(problems.map(({ message }) => message).join()).not.toContain("canary");
});

test("of two lines with one id the first counts; two users may share an id", async () => {
  const { notes, problems } = await read(
    [
      line({ id: "a", body: "1" }),
      line({ id: "a", body: "2" }),
      line({ id: "a", userId: "u" }),
      line({ id: "b" }),
    ].join("\n"),
  );
  expect(notes.map(({ key, userId, body }) => [key, userId, body])).toEqual([
    ["a", undefined, "1"],
    ["a", "u", ""],
    ["b", undefined, ""],
  ]);
  expect(problems).toMatchObject([{ line: 2, code: "duplicate-id", isUnknown: false, key: "a" }]);
});

test("a line of 400 MB is passed over without being held", async () => {
  // Members of an archive follow each other, so that the long line takes no room on the disk.
  const megabyte = gzipSync(Buffer.alloc(1_000_000, 97));
  const start = gzipSync(`${line({ id: "a" })}\n{"id": "huge", "body": "`);
  const end = gzipSync(`"}\n${line({ id: "b" })}`);
  const folder = await folderOf({
    "notes.jsonl.gz": Buffer.concat([start, ...Array(400).fill(megabyte), end]),
  });
  const before = process.memoryUsage().rss;
  const { notes, problems } = await collect(readJsonl(join(folder, "notes.jsonl.gz")));
  expect(process.memoryUsage().rss - before).toBeLessThan(250_000_000);
  expect(notes.map(({ key }) => key)).toEqual(["a", "b"]);
  expect(problems).toMatchObject([{ line: 2, code: "line-too-long", isUnknown: true }]);
});

test("an archive cut short gives what it holds, and the rest is unknown", async () => {
  const packed = gzipSync(
    Array.from({ length: 20_000 }, (_, n) => line({ id: n, body: String(n * n) })).join("\n"),
  );
  const { notes, problems } = await read(packed.subarray(0, packed.length / 2), "notes.jsonl.gz");
  expect(notes.length).toBeGreaterThan(1000);
  expect(problems).toMatchObject([{ line: notes.length + 1, isUnknown: true }]);
  expect(problems[0]?.key).toBeUndefined();
  expect((await read("no archive", "notes.jsonl.gz")).problems).toMatchObject([{ code: "archive-damaged" }]);
});

test("a file that is missing, a folder or UTF-16 is an error that says so", async () => {
  const folder = await folderOf({ "wide.jsonl": Buffer.from("\ufeff{}", "utf16le") });
  const rejected = (name: string) => expect(collect(readJsonl(join(folder, name)))).rejects;
  await rejected("none.jsonl").toMatchObject({ name: "SourceError", code: "source-missing" });
  await rejected(".").toMatchObject({ code: "source-not-a-file" });
  await rejected("wide.jsonl").toMatchObject({ code: "source-encoding" });
});
