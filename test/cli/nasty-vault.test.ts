import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type OpenAiServer, startOpenAiServer } from "../support/openai-server.ts";
import { copiedHome, heldHome, noctuary, temporaryFolder } from "./noctuary.ts";

const TIMEOUT = { timeout: 900_000 };
let provider: OpenAiServer;
beforeEach(async () => {
  provider = await startOpenAiServer();
});
afterEach(() => provider.close());

interface Synced {
  added: number;
  changed: number;
  removed: number;
  kept: number;
  excluded: number;
  unchanged: number;
  problems: { file: string; line?: number; code: string; message: string }[];
}

function write(folder: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

const utf16 = (text: string) => Buffer.from(`\ufeff${text}`, "utf16le");
const latin1 = (text: string) => Buffer.from(text, "latin1");
const huge = Array.from(
  { length: 24_000 },
  (_, i) => `Paragraph ${i} of a very long note about rye and barley.`,
).join("\n\n");
const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[..."bcdefghi"]
  .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefgh"[at]}`).join(",")}]`)
  .join("\n")}`;

const GOOD: Record<string, string | Uint8Array> = {
  "Obsidian.md":
    "> [!tip] A callout\n> with words in it\n\n```dataview\nTABLE rating FROM #book\n```\n\nmood:: calm %%a remark%%\n\n![[Photo.png]] ![[Other note#Part]] A thought. ^block-1\n",
  "Logseq/logseq/config.edn": "{}",
  "Logseq/logseq/bak/pages/old.md": "An old version.",
  "Logseq/journals/2026_05_25.md": "- type:: journal\n- a bullet ((5f3c))\n",
  "Logseq/pages/area___topic.md": "tags:: area\n\n- {{query (todo TODO)}}\n- TODO read this\n",
  "plain/windows.md": "\ufeffFirst line.\r\nSecond line.\r\n",
  "plain/wide.md": utf16("Grüße aus Köln\n"),
  "plain/old mac.md": "One\rTwo\r",
  "huge.md": huge,
  "word.md": "Word",
  "emoji.md": "🦉🌙👩‍👩‍👧 🏴󠁧󠁢󠁳󠁣󠁴󠁿",
  "日本語.md": "日本語の文章です。夜に読む。",
  "rtl.md": "שלום עולם \u202eمرحبا بالعالم",
  "nul.md": "before\0after",
  "specials.md": "What <|endoftext|> and <|im_start|> mean",
  "Caf\u00e9.md": "composed",
  "Cafe\u0301.md": "decomposed",
  "Case.md": "upper",
  "case.md": "lower",
  "copies/1.md": "The same text.",
  "private.md": "---\nai: false\n---\nNot for anybody.",
};

/** Read all the same, with a problem that names file and line. */
const ODD: Record<string, [content: string, line: number, code: string]> = {
  "odd/broken.md": ["---\ntitle: a: b\n---\nText of a broken one", 2, "front-matter-broken"],
  "odd/unclosed.md": ["---\ntitle: x\n\nText without an end", 1, "front-matter-unclosed"],
  "odd/bomb.md": [`---\n${bomb}\n---\nText under a bomb`, 1, "front-matter-hostile"],
  // Nine to the ninth of them.
  "odd/tag bomb.md": [`---\n${bomb}\ntags: *i\n---\nText under a tag bomb`, 1, "front-matter-hostile"],
  "odd/date.md": ["---\ntitle: t\ncreated: yesterday\n---\nText of yesterday", 3, "date-unreadable"],
  "odd/tags.md": [
    `---\ntags: [${Array.from({ length: 9_000 }, (_, i) => i).join(",")}]\n---\nToo many`,
    1,
    "too-many-tags",
  ],
  "odd/long.md": [`---\nx: "${"y".repeat(70_000)}"\n---\nA long head`, 1, "front-matter-too-long"],
  "odd/flag.md": ["---\nai: perhaps\n---\nNobody knows", 2, "ai-flag-unclear"],
};

/** Cannot be read: named, unknown, never deleted. */
const UNREADABLE: Record<string, [content: string | Uint8Array, code: string]> = {
  "bad/latin1.md": [latin1("Grüße"), "encoding"],
  "bad/binary.md": [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0xff, 0xfe), "encoding"],
  "bad/zeros.md": [new Uint8Array(4096), "not-downloaded"],
  "bad/too large.md": [new Uint8Array(5_000_001).fill(97), "too-large"],
};

test(
  "a vault of everything: each fault is named with file, line and remedy, and the rest is embedded",
  TIMEOUT,
  async () => {
    const home = await heldHome();
    const vault = temporaryFolder();
    write(vault, GOOD);
    for (let i = 2; i <= 40; i++) write(vault, { [`copies/${i}.md`]: "The same text." });
    write(vault, { "empty.md": "", "Board.canvas": '{"nodes": []}', "photo.png": new Uint8Array(9) });
    for (const [name, [content]] of [...Object.entries(ODD), ...Object.entries(UNREADABLE)])
      write(vault, { [name]: content });
    write(vault, { "cloud/.Plans.md.icloud": "bplist" });
    symlinkSync(vault, join(vault, "loop"));
    symlinkSync("round.md", join(vault, "round.md"));
    // What a failing disk or a cloud folder answers: EIO.
    if (process.platform === "linux") symlinkSync("/proc/self/mem", join(vault, "failing.md"));
    const environment = { OPENAI_BASE_URL: provider.url, NOCTUARY_EMBEDDER: "openai" };
    const at = (...args: string[]) => noctuary(["--home", home, ...args], { environment });

    const shown = await at("sync", vault);
    expect(shown.code, shown.stderr).toBe(3);
    expect(shown.stderr).toContain("odd/date.md:3: This date is not understood");
    const synced = await at("--json", "sync", vault);
    const { problems, unchanged, excluded } = synced.json<Synced>();
    const found = problems.map(({ file, line, code }) => [file, line ?? null, code].join(" ")).sort();
    const expected = [
      ...Object.entries(ODD).map(([file, [, line, code]]) => `${file} ${line} ${code}`),
      ...Object.entries(UNREADABLE).map(([file, [, code]]) => `${file}  ${code}`),
      "cloud/Plans.md  not-downloaded",
      "round.md  link-loop",
      ...(process.platform === "linux" ? ["failing.md  unreadable"] : []),
    ];
    expect(found).toEqual(expected.sort());
    // A remedy is a sentence in the imperative after the one that says what is wrong.
    for (const { message } of problems) expect(message).toMatch(/[.;:] ?.*\b(?:[A-Z][a-z]+|it) .*\.$/);
    const readable = Object.keys(GOOD).length - 2 + 39 + 1 + Object.keys(ODD).length;
    expect({ unchanged, excluded }).toEqual({ unchanged: readable, excluded: 2 });

    const night = await at("--json", "run", "nightly-cluster", "--yes");
    expect(night.code, night.stderr).toBe(0);
    const sent = provider.requests.flatMap((request) => request.input);
    expect(sent.filter((text) => text.endsWith("The same text."))).toHaveLength(40);
    expect(sent.join("")).toContain(huge.slice(0, 5_000));
    for (const i of [0, 12_345, 23_999])
      expect(sent.filter((text) => text.includes(`Paragraph ${i} of`))).toHaveLength(1);
    const everything = sent.join("\n");
    for (const words of [
      "Grüße aus Köln",
      "First line.\nSecond line.",
      "One\nTwo",
      "beforeafter",
      "<|endoftext|>",
      "日本語",
      "שלום",
      "👩‍👩‍👧",
      "Text under a bomb",
      "Text under a tag bomb",
      "> with words in it",
      "TABLE rating FROM #book",
      "mood:: calm %%a remark%%",
      "![[Other note#Part]] A thought. ^block-1",
      "- a bullet ((5f3c))",
      "TODO read this",
    ]) {
      expect(everything).toContain(words);
    }
    for (const words of [
      "Not for anybody",
      "Nobody knows",
      "An old version",
      '{"nodes"',
      "\0",
      "\r",
      "\ufeff",
    ]) {
      expect(everything).not.toContain(words);
    }
    const account = (await at("--json", "clusters")).json<{ notes: Record<string, number> }>().notes;
    expect(account).toMatchObject({ notes: readable, excluded: 2, pending: 0 });
    expect(account.embedded! + account.failed! + account.excluded!).toBe(readable);

    // What can be read no longer is kept as it is, whatever became of it.
    const asked = provider.requests.length;
    write(vault, {
      "word.md": latin1("Wört"),
      "emoji.md": new Uint8Array(64),
      "rtl.md": new Uint8Array(5_000_001).fill(97),
    });
    renameSync(join(vault, "specials.md"), join(vault, ".specials.md.icloud"));
    rmSync(join(vault, "nul.md"));
    symlinkSync("/nowhere/nul.md", join(vault, "nul.md"));
    const again = await at("--json", "sync", vault);
    expect(again.code).toBe(3);
    expect(again.json<Synced>()).toMatchObject({ added: 0, changed: 0, removed: 0, kept: 5 });
    const second = await at("--json", "run", "nightly-cluster", "--yes");
    expect(second.code, second.stderr).toBe(0);
    expect(provider.requests).toHaveLength(asked);
    expect((await at("--json", "clusters")).json<{ notes: object }>().notes).toEqual(account);
  },
);

test("a .jsonl file of everything: each broken line is named, and the rest goes on", TIMEOUT, async () => {
  const home = copiedHome();
  const folder = temporaryFolder();
  const line = (fields: object) => JSON.stringify({ createdAt: "2026-05-25", ...fields });
  const path = join(folder, "notes.jsonl");
  const lines = [
    line({ id: "a", body: "first" }),
    '{"id": "cut',
    line({ id: "a", body: "again" }),
    `{"id": "long", "createdAt": "2026-05-25", "body": "${"x".repeat(100_000_000)}"}`,
    `[${line({ id: "x" })}]`,
    line({ id: "d", createdAt: "yesterday" }),
    line({ id: "b", body: "last" }),
  ];
  writeFileSync(path, lines.join("\n"));
  const at = (...args: string[]) =>
    noctuary(["--home", home, ...args], { nodeArgs: ["--max-old-space-size=120"] });
  const synced = await at("sync", path);
  expect(synced.code, synced.stderr).toBe(3);
  expect(synced.stdout).toContain("2 added");
  for (const [number, words] of [
    [2, "The line is not JSON. Write one whole JSON object a line."],
    [3, "Line 1 has the same id and counts"],
    [4, "The line has 100.0 MB, more than 10. Split the note."],
    [5, "The line is a JSON array."],
    [6, "createdAt: not a date such as"],
  ] as const) {
    expect(synced.stderr).toContain(`${path}:${number}: ${words}`);
  }

  // A note whose line breaks is unknown, and with a line that says nothing of whose it is, so may all others be.
  writeFileSync(path, ['{"id": "b", "createdAt": "2026-05-25", "title": 5}', '{"broken'].join("\n"));
  const again = await at("--json", "sync", path);
  expect(again.json<Synced>()).toMatchObject({ added: 0, removed: 0, kept: 2 });
});

test(
  "what is no folder and no .jsonl file is refused, and an empty folder is asked about",
  TIMEOUT,
  async () => {
    const home = copiedHome();
    const folder = temporaryFolder();
    write(folder, { "note.md": "Text", "notes.zip": "PK", "empty/readme.txt": "" });
    const at = (...args: string[]) => noctuary(["--home", home, ...args]);
    for (const name of ["note.md", "notes.zip"]) {
      const { code, stderr } = await at("sync", join(folder, name));
      expect(code).toBe(2);
      expect(stderr).toContain("neither a folder of Markdown notes nor a .jsonl file");
    }
    const empty = await at("sync", join(folder, "empty"));
    expect(empty.code).toBe(0);
    expect(empty.stderr).toContain("no Markdown notes (.md, .markdown) are there");
  },
);
