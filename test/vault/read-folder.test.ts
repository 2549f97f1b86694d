import { chmod, mkdir, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { listFolder } from "../../packages/cli/src/vault/list-folder.ts";
import { readFolder } from "../../packages/cli/src/vault/read-folder.ts";
import { collect, folderOf, temporaryFolder, writeFiles } from "./folder-fixture.ts";

/** Root may read everything: then as nobody. */
async function withoutRoot<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid!(65_534);
  try {
    return await work();
  } finally {
    process.seteuid!(0);
  }
}

const keysOf = async (folder: string) => (await collect(readFolder(folder))).notes.map(({ key }) => key);

describe("what of a folder is read", () => {
  test("Markdown files at any depth, in order of their path", async () => {
    const folder = await folderOf({
      "b.md": "",
      "a/z.markdown": "",
      "a/B.MD": "",
      "c.txt": "",
      "d.canvas": "{}",
    });
    expect(await keysOf(folder)).toEqual(["a/B.MD", "a/z.markdown", "b.md"]);
  });

  test("hidden folders, installed packages, templates and drawings are no notes", async () => {
    const folder = await folderOf({
      "note.md": "",
      ".trash/old.md": "",
      ".obsidian/plugins/x/README.md": "",
      ".hidden.md": "",
      "node_modules/a/README.md": "",
      "Templates/daily.md": "",
      "work/templates/minutes.md": "",
      "Drawing.excalidraw.md": "",
      "Old drawing.md": "---\nexcalidraw-plugin: parsed\n---\n%% [[1.0,2.0]] %%",
    });
    expect(await keysOf(folder)).toEqual(["note.md"]);
  });

  test("Obsidian's own template folders, daily note template and excluded files are left out", async () => {
    const folder = await folderOf({
      ".obsidian/templates.json": '{"folder": "Meta/Forms [new]"}',
      ".obsidian/daily-notes.json": '{"template": "Meta/Day"}',
      ".obsidian/plugins/templater-obsidian/data.json": '{"templates_folder": "/Meta/Templater/"}',
      ".obsidian/app.json": '{"userIgnoreFilters": ["Archive/", "/\\\\.sync-conflict/", "/(/"]}',
      "Meta/Forms [new]/a.md": "",
      "Meta/Templater/a.md": "",
      "Meta/Day.md": "",
      "Archive/old.md": "",
      "note.sync-conflict-1.md": "",
      "Meta/Forms n/kept.md": "",
      "Work/Archive/kept.md": "",
    });
    expect(await keysOf(folder)).toEqual(["Meta/Forms n/kept.md", "Work/Archive/kept.md"]);
  });

  test("settings that are no JSON are a problem, and the notes are read", async () => {
    const folder = await folderOf({ ".obsidian/app.json": "{", "a.md": "" });
    const { notes, problems } = await collect(readFolder(folder));
    expect(notes).toHaveLength(1);
    expect(problems).toMatchObject([
      { file: ".obsidian/app.json", code: "settings-unreadable", isUnknown: false },
    ]);
  });

  test("Logseq's backups are left out", async () => {
    const folder = await folderOf({
      "logseq/config.edn": "{}",
      "logseq/bak/pages/a.md": "",
      "work/logseq/version-files/base/a.md": "",
      "pages/a.md": "",
    });
    expect(await keysOf(folder)).toEqual(["pages/a.md"]);
  });

  test(".noctuaryignore works as .gitignore does, in folders too", async () => {
    const folder = await folderOf({
      ".noctuaryignore": "# private\nDiary/\n*.draft.md\n/top.md\n!keep.draft.md\n",
      "Diary/secret.md": "",
      "x.draft.md": "",
      "keep.draft.md": "",
      "top.md": "",
      "sub/top.md": "",
      "sub/.noctuaryignore": "*\n!shared.md\n!top.md\n!y.draft.md",
      "sub/y.draft.md": "",
      "sub/b.md": "",
      "sub/shared.md": "",
    });
    expect(await keysOf(folder)).toEqual(["keep.draft.md", "sub/shared.md", "sub/top.md", "sub/y.draft.md"]);
    expect((await listFolder(folder)).excluded).toEqual(["Diary/", "sub/b.md", "top.md", "x.draft.md"]);
  });

  test("pages that export wrote are no notes, a note about noctuary is", async () => {
    const folder = await folderOf({
      "page.md": "---\nnoctuary: cluster\n---\n",
      "index.md": "---\nnoctuary: index\n---\n",
      "note.md": "---\nnoctuary: a word\n---\n",
    });
    expect(await keysOf(folder)).toEqual(["note.md"]);
  });

  test("links that loop end, and every real note is read once", async () => {
    const outside = await folderOf({ "deep/x.md": "", "y.md": "" });
    const folder = await folderOf({ "a/note.md": "" });
    await symlink(folder, join(folder, "a", "loop"));
    await symlink(join(folder, "a"), join(folder, "0-again"));
    await symlink(join(folder, "a", "note.md"), join(folder, "0-note.md"));
    await symlink(join(outside, "deep"), join(folder, "1-deep"));
    await symlink(outside, join(folder, "2-outside"));
    await symlink(join(outside, "y.md"), join(folder, "3-y.md"));
    await symlink(outside, join(outside, "deep", "loop"));
    const { notes, problems } = await collect(readFolder(folder));
    expect(notes.map(({ key }) => key)).toEqual(["1-deep/x.md", "2-outside/y.md", "a/note.md"]);
    expect(problems).toEqual([]);
  });

  test("a link that leads nowhere may hide notes, so nothing under it counts as deleted", async () => {
    const folder = await temporaryFolder();
    await symlink("/nowhere/vault", join(folder, "Shared"));
    await symlink("/nowhere/a.md", join(folder, "a.md"));
    await symlink("self.md", join(folder, "self.md"));
    const { problems } = await collect(readFolder(folder));
    expect(problems.map(({ key, code, isUnknown }) => ({ key, code, isUnknown }))).toEqual([
      { key: "Shared/", code: "link-broken", isUnknown: true },
      { key: "a.md", code: "link-broken", isUnknown: true },
      { key: "self.md", code: "link-loop", isUnknown: true },
    ]);
  });

  test("a note that iCloud has not downloaded is unknown, not gone", async () => {
    const folder = await folderOf({ "a/.Plans.md.icloud": "bplist" });
    const { notes, problems } = await collect(readFolder(folder));
    expect(notes).toEqual([]);
    expect(problems).toMatchObject([{ key: "a/Plans.md", code: "not-downloaded", isUnknown: true }]);
  });

  test("keys are in NFC, and a disk that holds both spellings of a name keeps two notes", async () => {
    const folder = await folderOf({
      "Cafe\u0301.md": "one",
      "Ide\u0301e.md": "two",
      "Id\u00e9e.md": "three",
    });
    const { notes } = await collect(readFolder(folder));
    expect(notes.map(({ key }) => key).sort()).toEqual(
      ["Caf\u00e9.md", "Ide\u0301e.md", "Id\u00e9e.md"].sort(),
    );
  });

  test("two files that differ in case are two notes", async () => {
    const folder = await folderOf({ "a.md": "one", "A.md": "two" });
    expect(await keysOf(folder)).toEqual(["A.md", "a.md"]);
  });

  test("a folder that is missing, a file, or empty are told apart", async () => {
    const folder = await folderOf({ "file.md": "" });
    const rejected = (path: string) => expect(collect(readFolder(path))).rejects;
    await rejected(join(folder, "none")).toMatchObject({ name: "SourceError", code: "source-missing" });
    await rejected(join(folder, "file.md")).toMatchObject({ code: "source-not-a-folder" });
    await rejected(join(folder, "file.md", "x")).toMatchObject({ code: "source-missing" });
    await mkdir(join(folder, "empty"));
    expect(await collect(readFolder(join(folder, "empty")))).toEqual({ notes: [], problems: [] });
  });

  test("an ignore file that cannot be read stops the reading", async () => {
    const folder = await folderOf({ "a.md": "", ".noctuaryignore": Uint8Array.of(0xff, 0x41) });
    await expect(listFolder(folder)).rejects.toMatchObject({ code: "ignore-file-unreadable" });
  });

  test("what may not be read is unknown, the rest goes on", async () => {
    const folder = await folderOf({ "a.md": "", "b.md": "", "c/d.md": "" });
    await chmod(folder, 0o755);
    await chmod(join(folder, "a.md"), 0);
    await chmod(join(folder, "c"), 0);
    const { notes, problems } = await withoutRoot(() => collect(readFolder(folder)));
    await chmod(join(folder, "c"), 0o700);
    expect(notes.map(({ key }) => key)).toEqual(["b.md"]);
    expect(problems).toMatchObject([
      { key: "c/", code: "permission-denied", isUnknown: true },
      { key: "a.md", code: "permission-denied", isUnknown: true },
    ]);
  });

  test("the number of files is known before any is read", async () => {
    const folder = await folderOf({ "a.md": "", "b.md": "---\nnoctuary: cluster\n---\n", "c.md": "" });
    const listing = await listFolder(folder);
    expect(listing.files).toHaveLength(3);
    const read: string[] = [];
    await collect(readFolder(folder, { onFile: (key) => read.push(key) }));
    expect(read).toEqual(["a.md", "b.md", "c.md"]);
  });
});

describe("what of a file is read", () => {
  const noteOf = async (name: string, content: string | Uint8Array) => {
    const { notes, problems } = await collect(readFolder(await folderOf({ [name]: content })));
    return { note: notes[0], problems };
  };

  test("title, tags, dates and exclusion come from front matter, which is no part of the text", async () => {
    const { note, problems } = await noteOf(
      "a.md",
      "---\ntitle: Bread\ntags: [baking, '#Home']\ncreated: 2026-05-25T08:00:00Z\nupdated: 2026-05-26\nai: false\n---\n\nFlour. #Baking #rye\n",
    );
    expect(problems).toEqual([]);
    expect(note).toMatchObject({
      key: "a.md",
      title: "Bread",
      body: "Flour. #Baking #rye\n",
      tags: ["baking", "Home", "rye"],
      createdAt: new Date("2026-05-25T08:00:00Z"),
      updatedAt: new Date("2026-05-26T12:00:00Z"),
      aiExcluded: true,
    });
  });

  test("without front matter the file name is the title, a name made for URLs gives way to the heading", async () => {
    expect((await noteOf("Ideas/On rye.md", "# Rye\n")).note?.title).toBe("On rye");
    expect((await noteOf("sqlite-json-agg.md", "\n# Aggregating JSON #\n")).note?.title).toBe(
      "Aggregating JSON",
    );
    expect((await noteOf("2026-05-25.md", "# Daily note\n")).note?.title).toBe("2026-05-25");
  });

  test("the date in the name says when a note was begun, the file when it was changed", async () => {
    const folder = await folderOf({ "2020-05-25 Walk.md": "x", "plain.md": "x" });
    const changed = new Date("2021-03-01T10:00:00Z");
    for (const name of ["2020-05-25 Walk.md", "plain.md"]) await utimes(join(folder, name), changed, changed);
    const { notes } = await collect(readFolder(folder));
    expect(notes[0]).toMatchObject({ createdAt: new Date("2020-05-25T12:00:00Z"), updatedAt: changed });
    // The file is younger than its last change, as after copying: it is as old as that change.
    expect(notes[1]).toMatchObject({ createdAt: changed, updatedAt: changed });
    const fresh = await collect(readFolder(folder, { trustsFileTimes: false }));
    expect(fresh.notes[0]?.updatedAt).toEqual(new Date("2020-05-25T12:00:00Z"));
  });

  test("a note is never changed before it was created", async () => {
    const { note } = await noteOf("a.md", "---\ncreated: 2026-05-25\nmodified: 2020-01-01\n---\n");
    expect(note?.updatedAt).toEqual(note?.createdAt);
  });

  test("line ends, marks of byte order and UTF-16 make no difference", async () => {
    const text = "---\ntags: [tee]\n---\nGrüße\nzwei";
    const utf16 = Buffer.from(`\ufeff${text}`, "utf16le");
    const plain = (await noteOf("a.md", text)).note;
    for (const bytes of [
      Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`),
      utf16,
      Buffer.from(utf16).swap16(),
    ]) {
      const { note, problems } = await noteOf("a.md", bytes);
      expect(problems).toEqual([]);
      expect(note).toMatchObject({ body: "Grüße\nzwei", tags: ["tee"], textHash: plain?.textHash });
    }
  });

  test("NUL characters are removed", async () => {
    expect((await noteOf("a.md", "a\0b")).note?.body).toBe("ab");
  });

  test("what is no text, or too much of it, is a problem and the rest goes on", async () => {
    const folder = await folderOf({
      "binary.md": Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0xff),
      "latin1.md": Uint8Array.of(0x47, 0x72, 0xfc, 0xdf, 0x65),
      "huge.md": new Uint8Array(5_000_001).fill(97),
      "large.md": new Uint8Array(5_000_000).fill(97),
      "empty.md": "",
      "odd-utf16.md": Uint8Array.of(0xff, 0xfe, 0x00, 0xd8),
      "zeros.md": new Uint8Array(512),
    });
    const { notes, problems } = await collect(readFolder(folder));
    expect(notes.map(({ key }) => key)).toEqual(["empty.md", "large.md"]);
    expect(problems.map(({ key, code, isUnknown }) => [key, code, isUnknown])).toEqual([
      ["binary.md", "encoding", true],
      ["huge.md", "too-large", true],
      ["latin1.md", "encoding", true],
      ["odd-utf16.md", "encoding", true],
      ["zeros.md", "not-downloaded", true],
    ]);
  });

  test("the content hash changes with anything one can see, the text hash with the text alone", async () => {
    const base = "---\ncreated: 2026-01-01\nupdated: 2026-01-01\n---\nText";
    const { note } = await noteOf("a.md", base);
    expect((await noteOf("a.md", base)).note?.contentHash).toBe(note?.contentHash);
    for (const other of [
      await noteOf("b.md", base),
      await noteOf("a.md", base.replace("created: 2026-01-01", "created: 2025-01-01")),
      await noteOf("a.md", base.replace("---\nText", "ai: false\n---\nText")),
      await noteOf("a.md", base.replace("---\nText", "tags: [x]\n---\nText")),
    ]) {
      expect(other.note?.contentHash).not.toBe(note?.contentHash);
      expect(other.note?.textHash).toBe(note?.textHash);
    }
    expect((await noteOf("a.md", `${base}.`)).note?.textHash).not.toBe(note?.textHash);
  });

  test("no more than 500 tags are kept, and a problem says so", async () => {
    const { note, problems } = await noteOf(
      "a.md",
      Array.from({ length: 50_000 }, (_, n) => `#tag${n}`).join(" "),
    );
    expect(note?.tags).toHaveLength(500);
    expect(problems).toMatchObject([{ code: "too-many-tags", isUnknown: false }]);
  });

  test("broken front matter is a problem with file and line, and the note is read", async () => {
    const folder = await folderOf({ "ok.md": "x" });
    await writeFiles(folder, { "a.md": "---\ntitle: Bread: a history\ntags: [a\n---\nText" });
    const { notes, problems } = await collect(readFolder(folder));
    expect(problems).toMatchObject([
      { file: "a.md", line: 2, code: "front-matter-broken", isUnknown: false },
    ]);
    expect(notes[0]).toMatchObject({ key: "a.md", title: "Bread: a history", body: "Text" });
    expect(notes).toHaveLength(2);
  });
});
