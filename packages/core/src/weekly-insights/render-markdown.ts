import type { Insight } from "./insight.ts";
import { weekTitle } from "./week-title.ts";

/** A told week as Markdown: a heading, the line, a section each. Nothing that a note's title holds becomes markup. */
export function renderMarkdown(insight: Insight): string {
  const [headline, ...others] = insight.sections.filter(({ sentences }) => sentences.length > 0);
  const blocks = [`# ${weekTitle(insight)}`];
  if (headline !== undefined) blocks.push(`**${paragraph(headline.sentences)}**`);
  for (const { title, sentences } of others) blocks.push(`## ${title}`, paragraph(sentences));
  blocks.push(...footnotes(insight).map((line) => `*${escaped(line)}*`));
  return `${blocks.join("\n\n")}\n`;
}

/** What a reader should know of how the week was told. */
export function footnotes({ status, sections, notesLeftOut }: Insight): string[] {
  const models = [
    ...new Set(
      sections.flatMap(({ writtenBy, model }) => (writtenBy === "model" && model !== null ? [model] : [])),
    ),
  ];
  const missing = sections.filter((section) => section.missing !== null).map(({ title }) => title);
  return [
    ...(models.length === 0
      ? []
      : [
          `Worded by ${models.join(", ")}; each figure, date, name and quotation was checked against your notes.`,
        ]),
    ...(status === "partial" ? [`In plain words for now, to be written again: ${missing.join(", ")}.`] : []),
    ...(notesLeftOut > 0
      ? [
          `${notesLeftOut.toLocaleString("en")} notes of the week were counted, but not read for to-dos and links.`,
        ]
      : []),
  ];
}

function paragraph(sentences: readonly { text: string }[]): string {
  return sentences.map(({ text }) => escaped(text)).join(" ");
}

const markup = /[\\`*_{}[\]<>#|~]/g;

function escaped(text: string): string {
  return text
    .replace(markup, (character) => `\\${character}`)
    .replace(/^(\d+)\./, "$1\\.")
    .replace(/^([-+])/, "\\$1")
    .replace(/:\/\//g, ":\\//");
}
