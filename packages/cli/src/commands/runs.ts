import { runJson } from "@noctuary/core/runtime/run-json";
import { asLedger } from "@noctuary/db/access";
import { runs as newestRuns, type Run } from "@noctuary/db/ledger/run";
import { type TaskRow, taskCounts, tasksOfRun } from "@noctuary/db/ledger/task-list";
import Table from "cli-table3";
import { EXIT, UsageError } from "../exit.ts";
import { sayCode } from "../render/codes.ts";
import { renderTroubles } from "../render/run.ts";
import { count, dollars, momentLine, seconds } from "../render/words.ts";
import { type GlobalOptions, openSession } from "../session.ts";
import { plainTable, type Terminal } from "../terminal.ts";
import { cancel, failures, type RedriveOptions, redrive } from "./run-verbs.ts";

const LISTED = 20;
const TASKS_SHOWN = 1_000;

const VERBS = { redrive, cancel, failures };

/** `noctuary runs [ID] [redrive | cancel | failures]`. */
export async function runs(
  id: string | undefined,
  word: string | undefined,
  options: GlobalOptions & RedriveOptions,
  terminal: Terminal,
): Promise<number> {
  if (word !== undefined && !Object.hasOwn(VERBS, word))
    throw new UsageError(`a run can be told to ${Object.keys(VERBS).join(", ")}, and not to ${word}`);
  if (word !== "redrive" && (options.code !== undefined || options.yes === true))
    throw new UsageError("--code and --yes belong to `noctuary runs ID redrive`");
  const session = await openSession(options, terminal);
  try {
    if (id === undefined) {
      const list = await asLedger(session.db, (tx) => newestRuns(tx, { limit: LISTED }));
      terminal.json(list.map(runJson));
      renderRuns(terminal, list);
      return EXIT.done;
    }
    if (word !== undefined) {
      const run = await asLedger(session.db, async (tx) =>
        oneOf(await newestRuns(tx, { limit: 2, prefix: id }), id, "run"),
      );
      return await VERBS[word as keyof typeof VERBS](session, run, options);
    }
    const { run, tasks, counts } = await asLedger(session.db, async (tx) => {
      const run = oneOf(await newestRuns(tx, { limit: 2, prefix: id }), id, "run");
      return { run, tasks: await tasksOfRun(tx, run.id, TASKS_SHOWN), counts: await taskCounts(tx, run.id) };
    });
    terminal.json({ ...runJson(run), tasks });
    renderOneRun(terminal, run, tasks, counts);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** The one thing that an id prefix means. @throws {UsageError} for none or several */
export function oneOf<T>(found: T[], id: string, noun: string): T {
  if (found.length === 0) throw new UsageError(`there is no ${noun} ${id}: \`noctuary ${noun}s\` lists them`);
  if (found.length > 1) throw new UsageError(`several ${noun}s begin with ${id}: write more of the id`);
  return found[0]!;
}

function renderRuns(terminal: Terminal, list: Run[]): void {
  if (list.length === 0) {
    terminal.line("No runs yet. `noctuary run nightly-cluster` starts one.");
    return;
  }
  const table = new Table(
    plainTable(["run", "job", "for", "how", "status", "notes", "embedded", "moved", "cost", "took"]),
  );
  for (const run of list) {
    const t = (name: string) => String(run.totals[name] ?? 0);
    const how = `${run.trigger}${run.options.dryRun === true ? ", dry" : ""}${run.options.full === true ? ", full" : ""}`;
    table.push([
      run.id.slice(0, 8),
      run.job,
      run.localDate,
      how,
      run.status,
      t("live"),
      t("embedded"),
      t("moved"),
      run.status === "running" ? "" : dollars(run.costUsd),
      seconds(run.createdAt, run.finishedAt),
    ]);
  }
  terminal.line(table.toString());
}

function renderOneRun(
  terminal: Terminal,
  run: Run,
  tasks: TaskRow[],
  counts: { step: string; status: string; tasks: number }[],
): void {
  terminal.line(terminal.style("bold", `${run.job} for ${run.localDate}`));
  const rows: [string, string][] = [
    ["run", run.id],
    ["status", run.status],
    ["started by", run.trigger],
    ["as of", momentLine(run.asOf)],
    ["started", `${momentLine(run.createdAt)} ${seconds(run.createdAt, run.finishedAt)}`],
    ["tasks", counts.map(({ step, status, tasks: n }) => `${n} ${step} ${status}`).join(", ")],
    ["tokens", (run.totals.tokens ?? 0).toLocaleString("en")],
    ["cost", run.status === "running" ? "not known yet" : dollars(run.costUsd)],
  ];
  for (const [name, value] of rows) terminal.line(`  ${name.padEnd(11)} ${value}`);
  for (const [name, value] of Object.entries(run.totals).sort()) {
    if (value !== 0 && name !== "tokens") terminal.line(`  ${name.padEnd(11)} ${value.toLocaleString("en")}`);
  }
  renderTroubles(terminal, run);
  const failed = tasks.filter((task) => task.status === "failed");
  for (const task of failed.slice(0, LISTED)) {
    terminal.line(
      `  ${task.step} ${task.id.slice(0, 8)} of ${task.userId ?? "all"}: ${sayCode(task.error?.code ?? "unknown")} after ${count(task.attempts, "try").replace("trys", "tries")}`,
    );
  }
}
