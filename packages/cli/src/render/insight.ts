import type { Insight } from "@noctuary/core/weekly-insights/insight";
import { footnotes } from "@noctuary/core/weekly-insights/render-markdown";
import { weekTitle } from "@noctuary/core/weekly-insights/week-title";
import type { Terminal } from "../terminal.ts";

const INDENT = "  ";

/** A told week, for a person at a terminal. */
export function renderInsight(terminal: Terminal, insight: Insight): void {
  const { style, width } = terminal;
  const [headline, ...others] = insight.sections.filter(({ sentences }) => sentences.length > 0);
  terminal.line(style("bold", weekTitle(insight)));
  for (const { text } of headline?.sentences ?? []) write(terminal, text, "", width);
  for (const { title, sentences } of others) {
    terminal.line();
    terminal.line(style(["bold", "cyan"], title));
    for (const { text } of sentences) write(terminal, text, INDENT, width);
  }
  const notes = footnotes(insight);
  if (notes.length > 0) terminal.line();
  for (const line of notes) write(terminal, line, "", width, (text) => style("dim", text));
}

/** A sentence a paragraph, broken at blanks; what goes on is set in a little. */
function write(
  { line }: Terminal,
  text: string,
  indent: string,
  width: number,
  styled: (text: string) => string = (same) => same,
): void {
  let row = indent;
  for (const word of text.split(" ")) {
    if (row.trim() !== "" && [...row].length + [...word].length + 1 > width) {
      line(styled(row));
      row = `${indent}${INDENT}`;
    }
    row += `${row.trim() === "" ? "" : " "}${word}`;
  }
  line(styled(row));
}
