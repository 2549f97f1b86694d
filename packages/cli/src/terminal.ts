import { stripVTControlCharacters, styleText } from "node:util";
import ora from "ora";

/** Where a command speaks to a person or to a program. Results go to standard output, all else to standard error. */
export interface Terminal {
  readonly isJson: boolean;
  /** Columns to write in. */
  readonly width: number;
  /** A line of the result. */
  line(text?: string): void;
  /** The whole result, for programs. */
  json(value: unknown): void;
  /** A word by the way, for persons only. */
  note(text: string): void;
  warn(text: string): void;
  /** Shows that something goes on, where a person looks on; nothing when piped. */
  progress(text: string): Progress;
  style: typeof style;
}

export interface Progress {
  say(text: string): void;
  stop(): void;
}

type Format = Parameters<typeof styleText>[0];

/** Colours only where the terminal wants them; NO_COLOR and pipes are respected by styleText. */
function style(format: Format, text: string): string {
  return styleText(format, text, { stream: process.stdout });
}

const MAX_WIDTH = 100;
const USUAL_WIDTH = 90;

export function openTerminal({ isJson }: { isJson: boolean }): Terminal {
  // Whoever reads us may have read enough (`| head`): the work goes on to its end all the same.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreClosedPipe);
  return {
    isJson,
    width: Math.min(MAX_WIDTH, process.stdout.columns || USUAL_WIDTH),
    style,
    line: (text = "") => {
      if (!isJson) process.stdout.write(`${printable(text)}\n`);
    },
    json: (value) => {
      if (isJson) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
    },
    note: (text) => {
      if (process.stderr.isTTY)
        process.stderr.write(`${styleText("dim", text, { stream: process.stderr })}\n`);
    },
    warn: (text) => process.stderr.write(`${printable(text)}\n`),
    progress: (text) => {
      // A terminal that does not know its width says 0, and a spinner on lines of no width never ends clearing them.
      const isShown = process.stderr.isTTY && process.stderr.columns > 0;
      const spinner = ora({ text, stream: process.stderr, isEnabled: isShown, isSilent: !isShown });
      spinner.start();
      return {
        say: (next) => {
          spinner.text = next;
        },
        stop: () => spinner.stop(),
      };
    },
  };
}

const COLOUR_OR_CONTROL = new RegExp(`(${String.fromCharCode(27)}\\[[0-9;]*m)|\\p{Cc}`, "gu");

/** Titles come from files: a control character in one must not reach the terminal. Our own colours may. */
export function printable(text: string): string {
  return text.replace(COLOUR_OR_CONTROL, (character, colour?: string) =>
    colour !== undefined || character === "\n" || character === "\t" ? character : "",
  );
}

/** Columns that a text takes, colours aside. */
export function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Cuts a text to so many columns. */
export function fit(text: string, columns: number): string {
  const characters = [...text];
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}

/** A table without borders, with a head: options for cli-table3, whose own colours know nothing of pipes. */
export function plainTable(head: string[]) {
  const none = "";
  return {
    head: head.map((word) => style("dim", word)),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: {
      top: none,
      "top-mid": none,
      "top-left": none,
      "top-right": none,
      bottom: none,
      "bottom-mid": none,
      "bottom-left": none,
      "bottom-right": none,
      left: none,
      "left-mid": none,
      mid: none,
      "mid-mid": none,
      right: none,
      "right-mid": none,
      middle: none,
    },
  };
}
