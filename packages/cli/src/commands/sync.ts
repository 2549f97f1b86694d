import { EXIT } from "../exit.ts";
import { count } from "../render/words.ts";
import { DEFAULT_USER, type GlobalOptions, openSession } from "../session.ts";
import { type SyncResult, syncSource } from "../sync-source.ts";
import type { Terminal } from "../terminal.ts";
import type { SourceProblem } from "../vault/source-note.ts";

/** `noctuary sync PATH`: makes the stored notes of a folder or file what it holds now. */
export async function sync(path: string, options: GlobalOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const progress = terminal.progress("reading notes");
    let result: SyncResult;
    try {
      result = await syncSource(session, {
        path,
        userId: options.user ?? DEFAULT_USER,
        onProgress: (notes) => progress.say(`reading notes (${notes})`),
      });
    } finally {
      progress.stop();
    }
    terminal.json(result);
    renderSync(terminal, result);
    return result.problems.length > 0 ? EXIT.partial : EXIT.done;
  } finally {
    await session.close();
  }
}

export function renderSync(terminal: Terminal, result: SyncResult): void {
  const { added, changed, moved, removed, unchanged, kept, excluded } = result;
  const parts = [
    `${added} added`,
    `${changed} changed`,
    ...(moved > 0 ? [`${moved} moved`] : []),
    `${removed} removed`,
    `${unchanged} unchanged`,
    ...(kept > 0 ? [`${kept} kept as they were`] : []),
    ...(excluded > 0 ? [`${excluded} kept out (ai: false)`] : []),
  ];
  terminal.line(`${result.path}: ${parts.join(", ")}`);
  if (added + changed + moved + removed + unchanged + kept + result.problems.length === 0) {
    const what = result.kind === "folder" ? "no Markdown notes (.md, .markdown) are" : "no line is";
    terminal.warn(`  ${what} there: is it the right place?`);
  }
  renderProblems(terminal, result.problems);
}

const SHOWN_PROBLEMS = 20;

export function renderProblems(terminal: Terminal, problems: SourceProblem[]): void {
  for (const { file, line, message } of problems.slice(0, SHOWN_PROBLEMS)) {
    terminal.warn(`  ${file}${line === undefined ? "" : `:${line}`}: ${message}`);
  }
  const more = problems.length - SHOWN_PROBLEMS;
  if (more > 0) terminal.warn(`  and ${count(more, "more problem")}: --json lists them all`);
}
