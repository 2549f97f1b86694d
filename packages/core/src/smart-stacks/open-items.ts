import { withoutCode } from "../text/markdown-code.ts";

/** What a note left open. Texts are the note's own, cut to a line. */
export interface OpenItems {
  /** Open check boxes, and lines that say they are to do. */
  todos: string[];
  /** Questions that stand alone: a heading, a list item, the note's last line. */
  questions: string[];
}

const LINE_CHARACTERS = 120;
const LONGEST_QUESTION = 200;

const checkBox = /^\s*(?:>\s*)*(?:[-*+]|\d{1,9}[.)])\s+\[(.)\]\s+(.*)$/u;
/** An empty box, a half-done one (Obsidian's `/`), and one with a no-break space. Any other mark closes it. */
const openMark = /^[\s/\u00a0]$/u;
const ballotBox = /^\s*(?:[-*+]\s+)?(?:\u2610|\u25a1|\u25fb)\ufe0f?\s*(.*)$/u;
const doneMark = /^[\s\-*+]*(?:\u2611|\u2612|\u2705|\u2713|\u2714|\u2717|\u2718)/u;
const struckThrough = /^~~.*~~[\s.]*$/u;
const todoLine =
  /^\s*(?:[-*+]\s+|#{1,6}\s+|>\s*)*(?:\*\*)?(?:TODO|To-?do|FIXME|TBD|TK)(?:\*\*)?\s*(?::|\s[-\u2013\u2014]\s)\s*(\S.*)$/u;
const headingOrItem = /^\s*(?:#{1,6}\s+|[-*+]\s+|\d{1,9}[.)]\s+)(.*)$/u;
const questionMark = /[?\uff1f\u061f]["')\]*_]*$/u;

/** The open items of a Markdown body. Code is not looked at; what is ticked or struck through is done. */
export function openItems(body: string): OpenItems {
  const lines = withoutCode(body).split(/\r\n?|\n/);
  const last = lines.findLastIndex((line) => line.trim() !== "");
  const items: OpenItems = { todos: [], questions: [] };
  for (const [i, line] of lines.entries()) {
    const todo = openTodo(line);
    if (todo === null) continue; // it is one that is done
    if (todo !== undefined) items.todos.push(todo.slice(0, LINE_CHARACTERS));
    else if (isQuestion(line, i === last)) items.questions.push(textOf(line).slice(0, LINE_CHARACTERS));
  }
  return items;
}

/** What is to do; null for something done; undefined for any other line. */
function openTodo(line: string): string | null | undefined {
  const box = checkBox.exec(line);
  if (box !== null) {
    const text = box[2]!.trim();
    return openMark.test(box[1]!) && text !== "" && !struckThrough.test(text) && !doneMark.test(text)
      ? text
      : null;
  }
  if (doneMark.test(line)) return null;
  const ballot = ballotBox.exec(line)?.[1]?.trim();
  if (ballot !== undefined && ballot !== "") return struckThrough.test(ballot) ? null : ballot;
  return todoLine.exec(line)?.[1]?.trim();
}

function isQuestion(line: string, isLast: boolean): boolean {
  if (!questionMark.test(line.trim()) || (!isLast && !headingOrItem.test(line))) return false;
  const text = textOf(line);
  return text.length <= LONGEST_QUESTION && text.split(/\s+/u).length >= 3;
}

function textOf(line: string): string {
  return (headingOrItem.exec(line)?.[1] ?? line).trim();
}
