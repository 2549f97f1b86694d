import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";

const database = databaseOfFile();

const text = async (of: "html_text" | "rich_text", body: string | null) =>
  (await database.query<{ text: string }>(`select noctuary.${of}($1) as text`, [body]))[0]!.text;

test.each([
  ["paragraphs and marks", "<p>One <b>bold</b> word.</p><p>Two</p>", "One bold word.\n\nTwo"],
  ["headings and line breaks", "<h2>Bread</h2>flour<br>water<br/>salt", "# Bread\n\nflour\nwater\nsalt"],
  ["lists", "<ul><li>rye</li><li><p>wheat</p></li></ul>after", "- rye\n- wheat\n\nafter"],
  [
    "checkboxes",
    '<ul><li><input type="checkbox" checked> bake</li><li><input type=checkbox>eat</li></ul>',
    "- [x] bake\n- [ ] eat",
  ],
  ["entities", "a &lt;b&gt; &amp;amp; caf&#233; &#x1F35E; &quot;x&quot;&nbsp;", 'a <b> &amp; café 🍞 "x"'],
  ["scripts, styles and comments", "<style>p{}</style><script>x<y</script><!-- no -->text", "text"],
  ["a tag over two lines", '<p\n class="a">x</p>', "x"],
  ["no HTML at all", "plain text, 1 < 2", "plain text, 1 < 2"],
  ["a broken entity", "&#xffffff; &#0; &unknown;", "&#xffffff; &#0; &unknown;"],
  ["an entity that is too large", "&#9999999;", "&#9999999;"],
])("HTML: %s", async (_, body, expected) => {
  expect(await text("html_text", body)).toBe(expected);
});

const tiptap = {
  type: "doc",
  content: [
    { type: "heading", attrs: { level: 1 }, content: [{ type: "text", text: "Bread" }] },
    {
      type: "paragraph",
      content: [
        { type: "text", text: "Fold " },
        { type: "text", marks: [{ type: "bold" }], text: "four" },
        { type: "text", text: " times." },
        { type: "hardBreak" },
        { type: "mention", attrs: { id: 7, label: "ada" } },
      ],
    },
    {
      type: "taskList",
      content: [
        {
          type: "taskItem",
          attrs: { checked: true },
          content: [{ type: "paragraph", content: [{ type: "text", text: "flour" }] }],
        },
        {
          type: "taskItem",
          attrs: { checked: false },
          content: [{ type: "paragraph", content: [{ type: "text", text: "salt" }] }],
        },
      ],
    },
    { type: "paragraph" },
    { type: "paragraph", content: [{ type: "text", text: "End" }] },
  ],
};

const lexical = {
  root: {
    type: "root",
    children: [
      { type: "heading", tag: "h1", children: [{ type: "text", text: "Bread" }] },
      {
        type: "paragraph",
        children: [
          { type: "text", text: "See " },
          { type: "link", url: "https://x.example", children: [{ type: "text", text: "this" }] },
          { type: "linebreak" },
          { type: "text", text: "twice" },
        ],
      },
      {
        type: "list",
        children: [
          { type: "listitem", children: [{ type: "text", text: "rye" }] },
          { type: "listitem", checked: false, children: [{ type: "text", text: "oats" }] },
        ],
      },
    ],
  },
};

test.each([
  ["Tiptap", tiptap, "# Bread\n\nFold four times.\n@ada\n- [x] flour\n- [ ] salt\n\nEnd"],
  ["Lexical", lexical, "# Bread\n\nSee this\ntwice\n- rye\n- [ ] oats"],
  [
    "Slate",
    [
      { type: "paragraph", children: [{ text: "one" }] },
      { type: "paragraph", children: [{ text: "two" }] },
    ],
    "one\n\ntwo",
  ],
])("an editor's JSON: %s", async (_, document, expected) => {
  expect(await text("rich_text", JSON.stringify(document))).toBe(expected);
});

test.each(["[[wiki link]] and more", "{ not json", "", "plain"])(
  "text that is no JSON stays: %j",
  async (body) => {
    expect(await text("rich_text", body)).toBe(body);
  },
);

test("no body at all is an empty one", async () => {
  expect(await text("html_text", null)).toBe("");
  expect(await text("rich_text", null)).toBe("");
});
