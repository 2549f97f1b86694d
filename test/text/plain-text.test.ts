import { plainText } from "@noctuary/core/text/plain-text";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

describe("what a person reads stays", () => {
  const kept: [what: string, markdown: string, text: string][] = [
    ["a heading, apart from what follows", "# Sourdough\nFeed it twice.", "Sourdough\n\nFeed it twice."],
    ["list items, each by itself", "- flour\n- water\n  1. salt", "flour\n\nwater\n\nsalt"],
    ["a to-do without its box", "- [ ] call the broker\n- [x] done", "call the broker\n\ndone"],
    ["a link's text", "see [the docs](https://example.com/a_(b) 'title') here", "see the docs here"],
    ["a reference link's text", "see [the docs][1]\n\n[1]: https://example.com", "see the docs"],
    [
      "a wiki link's title",
      "[[garden/Soil test#Results]] and [[a|the other]]",
      "Soil test Results and the other",
    ],
    ["the words of a formatted sentence", "**bold** _it_ ~~old~~ ==new== `code`", "bold it old new code"],
    ["cells of a table, apart", "| a | b |\n|---|:-:|\n| c | d |", "a\tb\n\nc\td"],
    ["quoted words", "> [!note] Mind\n> the gap", "Mind\nthe gap"],
    ["text in HTML", "<div class='x'>one<br>two</div> &amp; &lt;3", "one\n\ntwo\n\n& <3"],
    ["snake_case, 2 * 3 and prices", "pg_dump is 2 * 3, not $5 or $6", "pg_dump is 2 * 3, not $5 or $6"],
    ["signs that are escaped", "\\*not bold\\* \\[x\\]", "*not bold* [x]"],
    ["brackets that are no link", "an [aside] here", "an [aside] here"],
    ["the value of a Dataview field", "mood:: calm", "calm"],
    ["tags and hashes", "learned #c about C#", "learned #c about C#"],
  ];
  test.each(kept)("%s", (_, markdown, text) => {
    expect(plainText(markdown)).toBe(text);
  });
});

describe("what nobody reads goes", () => {
  const gone: [what: string, markdown: string][] = [
    ["fenced code", "```js\nword()\n```"],
    ["code in a longer fence", "~~~~\nword\n~~~\nword\n~~~~"],
    ["an unclosed fence", "```\nword\n"],
    ["a fence inside a quote", "> ```\n> word\n> ```"],
    [
      "images and embedded files",
      "![word](word.png) ![[word.png]] ![[word.pdf|word]] <img src='word' alt='word'>",
    ],
    ["addresses", "https://word.com/word?word=1 <https://word.com> www.word.org/word"],
    ["comments", "%% word\n\nword %% <!-- word\n\nword -->"],
    ["scripts and styles", "<style>word</style><script>word</script>"],
    ["formulas", "$word_1$ $$\nword\n$$"],
    ["rules", "---\n\n***\n\n| --- | --- |"],
    ["block ids and footnote marks", "text [^word] ^word-1"],
    ["templates", "{{ word }} <% word %>"],
    ["link definitions", "[word]: https://example.com 'word'"],
    ["inline queries", "`= this.word`"],
  ];
  test.each(gone)("%s", (_, markdown) => {
    expect(plainText(`before\n\n${markdown}\n`)).toMatch(/^before(\s+text)?$/);
  });

  test("front matter, where it is closed and at the top", () => {
    expect(plainText("---\ntitle: word\n---\n\ntext")).toBe("text");
    expect(plainText("---\nnot closed")).toContain("not closed");
    expect(plainText("text\n\n---\n\nmore\n\n---\n")).toContain("more");
  });
});

describe("on hostile input", () => {
  const pieces = [
    ..."<![(`*_~=$&{%>#|^-\\:",
    "![[",
    "](",
    "[a](",
    "][",
    "[[",
    "]]",
    "<a ",
    "<!--",
    "<script>",
    "{{",
    "%%",
    "$$",
    "\n",
    "\n\n",
    "```\n",
    " ",
    "\t",
    "word ",
    "> ",
    "- ",
    "1. ",
    "a:: ",
    "http://",
    " ^",
    "&#",
    "[a]: ",
  ];

  // Looking from each mark to the end of such a text would take minutes.
  test.each(pieces)("%j two hundred thousand times is read in one pass", (piece) => {
    const text = piece.repeat(200_000);
    expect(plainText(text).length).toBeLessThanOrEqual(2 * text.length);
  });

  test("any mixture of marks is read to the end", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (mixture) => {
        const text = `${mixture.join("")}\n\n\n`;
        expect(typeof plainText(text)).toBe("string");
      }),
    );
  });

  test("plain prose stays as it is", () => {
    const sentence = fc.array(fc.stringMatching(/^[a-zA-Zäéñ]{1,9}$/), { minLength: 1, maxLength: 9 });
    fc.assert(
      fc.property(sentence, (words) => {
        const text = `x ${words.join(" ")}.`;
        expect(plainText(text)).toBe(text);
      }),
    );
  });
});
