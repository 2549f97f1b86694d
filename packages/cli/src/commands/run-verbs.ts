import { join } from "node:path";
import { embedderFor } from "@noctuary/core/embedding/embedder-for";
import { jobBySlug } from "@noctuary/core/jobs";
import { cancelRun } from "@noctuary/core/runtime/cancel-run";
import { redriveRun } from "@noctuary/core/runtime/redrive-run";
import { runJson } from "@noctuary/core/runtime/run-json";
import { sendOutbox } from "@noctuary/core/runtime/send-outbox";
import { asLedger } from "@noctuary/db/access";
import { failedTasks, notesRefusedIn } from "@noctuary/db/ledger/redrive";
import type { Run } from "@noctuary/db/ledger/run";
import { taskIdsOf } from "@noctuary/db/ledger/task-list";
import { type DeadLetter, deadLetters, hasQueues } from "@noctuary/functions/runtime/dead-letters";
import { openLogger } from "@noctuary/functions/runtime/logger";
import { openMetrics } from "@noctuary/functions/runtime/metrics";
import { deployedQueue, sendBySdk, sqsClient } from "@noctuary/functions/runtime/sqs-queue";
import { requireConsent } from "../consent.ts";
import { CommandError, EXIT } from "../exit.ts";
import { startLocalRuntime } from "../local/local-runtime.ts";
import { sayCode } from "../render/codes.ts";
import { renderRunEnd } from "../render/run.ts";
import { count, momentLine } from "../render/words.ts";
import { watchRun } from "../run-job.ts";
import type { Session } from "../session.ts";
import { exitCodeOf } from "./run.ts";

const LISTED = 1_000;
const SHOWN = 20;

export interface RedriveOptions {
  /** Only what failed with this code. */
  code?: string;
  yes?: boolean;
}

/**
 * `noctuary runs ID redrive [--code C]`: makes failed tasks due again. Where the queues of a deployment are known they
 * are told and the dead-letter queues drained; on one machine the work is done here and now.
 */
export async function redrive(session: Session, run: Run, options: RedriveOptions): Promise<number> {
  const { terminal } = session;
  const { code } = options;
  const job = jobOf(run);
  if (hasQueues(session.settings)) {
    const redriven = await redriveRun(surroundings(session), job, run.id, { code });
    const drained = await tellQueues(session, run.id);
    const tasks = countOf(redriven!.tasks);
    terminal.json({ ...runJson(redriven!.run), redriven: tasks, drained });
    terminal.line(
      tasks === 0
        ? nothingFailed(run, code)
        : `${count(tasks, "task")} due again; the workers do the rest. \`noctuary runs ${run.id.slice(0, 8)}\` shows how far it is.`,
    );
    if (drained > 0) terminal.line(`${count(drained, "message")} taken out of the dead-letter queues.`);
    return EXIT.done;
  }
  const runtime = await startLocalRuntime(session);
  try {
    await requireConsent(session, runtime, { job: run.job, yes: options.yes === true });
    const redriven = (await redriveRun(surroundings(session), job, run.id, { code }))!;
    const tasks = countOf(redriven.tasks);
    if (tasks === 0) {
      terminal.json({ ...runJson(redriven.run), redriven: 0, drained: 0 });
      terminal.line(nothingFailed(run, code));
      return EXIT.done;
    }
    await runtime.takeUp();
    const ended = await watchRun(runtime, terminal, run);
    terminal.json({ ...runJson(ended), redriven: tasks, drained: 0 });
    terminal.line(`${count(tasks, "task")} taken up again.`);
    renderRunEnd(terminal, ended, session.settings);
    return exitCodeOf(ended);
  } finally {
    await runtime.close();
  }
}

/** `noctuary runs ID cancel`: what is finished stays, what is under way saves nothing. */
export async function cancel(session: Session, run: Run): Promise<number> {
  const { terminal } = session;
  const cancelled = await cancelRun(surroundings(session), jobOf(run), run.id);
  if (cancelled === null)
    throw new CommandError(`the run has ended already (${run.status}): there is nothing to cancel`);
  if (hasQueues(session.settings)) await tellQueues(session, null);
  terminal.json({ ...runJson(cancelled.run), cancelled: cancelled.tasks });
  terminal.line(
    `Cancelled: ${count(cancelled.tasks, "task")} will not be done. What was stored before stays; ` +
      `\`noctuary runs ${run.id.slice(0, 8)} redrive\` takes it up again.`,
  );
  return EXIT.done;
}

/** `noctuary runs ID failures`: each task and note that failed for good, and what lies in the dead-letter queues. */
export async function failures(session: Session, run: Run): Promise<number> {
  const { terminal } = session;
  const { tasks, notes, ids } = await asLedger(session.db, async (tx) => ({
    tasks: await failedTasks(tx, run.id, LISTED),
    notes: await notesRefusedIn(tx, run, LISTED),
    ids: await taskIdsOf(tx, run.id),
  }));
  const letters = hasQueues(session.settings) ? await deadLettersOf(session, ids) : [];
  terminal.json({
    tasks: tasks.map(({ error, ...task }) => ({ ...task, ...error, says: sayCode(error.code) })),
    notes: notes.map((note) => ({ ...note, says: sayCode(note.code) })),
    deadLetters: letters.map((letter) => ({ ...pointerOf(letter), says: sayLetter(letter) })),
  });
  if (tasks.length + notes.length + letters.length === 0) {
    terminal.line("Nothing failed in this run.");
    return EXIT.done;
  }
  for (const { step, id, userId, error, attempts, failedAt } of tasks.slice(0, SHOWN)) {
    const tries = attempts === 1 ? "1 try" : `${attempts} tries`;
    terminal.line(
      `task ${id.slice(0, 8)}  ${step} of ${userId ?? "all"}: ${sayCode(error.code)}, after ${tries}, ${momentLine(failedAt)}`,
    );
  }
  for (const { noteId, userId, code } of notes.slice(0, SHOWN))
    terminal.line(`note ${noteId} of ${userId}: ${sayCode(code)}`);
  for (const letter of letters.slice(0, SHOWN))
    terminal.line(`message ${letter.messageId} in ${letter.queue}'s dead-letter queue: ${sayLetter(letter)}`);
  const hidden = [tasks, notes, letters].reduce((sum, list) => sum + Math.max(0, list.length - SHOWN), 0);
  if (hidden > 0) terminal.line(`and ${hidden} more: --json lists them`);
  if (tasks.length > 0)
    terminal.line(`\`noctuary runs ${run.id.slice(0, 8)} redrive\` takes failed tasks up again.`);
  return EXIT.done;
}

function nothingFailed(run: Run, code: string | undefined): string {
  const so = code === undefined ? "" : ` with ${code}`;
  return `No task of this run failed${so}: \`noctuary runs ${run.id.slice(0, 8)} failures\` lists what did.`;
}

function countOf(tasks: { tasks: number }[]): number {
  return tasks.reduce((sum, step) => sum + step.tasks, 0);
}

/** @throws {CommandError} for a run of a job that this version does not know */
function jobOf({ job }: Run) {
  const known = jobBySlug(job);
  if (known === undefined) throw new CommandError(`this version knows no job ${job}: update Noctuary`);
  return known;
}

/** What a command needs of a worker's context; its log goes where the workers' goes. */
function surroundings({ db, settings, home }: Session) {
  const logFile = settings.logFile ?? join(home, "logs", "noctuary.log");
  return {
    db,
    embedder: embedderFor(settings),
    logger: openLogger({ ...settings, logFile }),
    metrics: openMetrics({ ...settings, logFile }),
  };
}

/** Sends what stands in the outbox, and drains the dead-letter queues of what points to the run's tasks. */
async function tellQueues(session: Session, runId: string | null): Promise<number> {
  const client = sqsClient();
  try {
    await sendOutbox({ ...surroundings(session), queue: deployedQueue(sendBySdk(client), session.settings) });
    if (runId === null) return 0;
    const ids = await asLedger(session.db, (tx) => taskIdsOf(tx, runId));
    const letters = (await deadLetters(client, session.settings)).filter(
      ({ taskId }) => taskId !== null && ids.has(taskId),
    );
    for (const letter of letters) await letter.remove();
    return letters.length;
  } finally {
    client.destroy();
  }
}

/** Those that point to the run's tasks, and those that cannot be read: nobody knows whose they are. */
async function deadLettersOf({ settings }: Session, ids: ReadonlySet<string>): Promise<DeadLetter[]> {
  const client = sqsClient();
  try {
    const all = await deadLetters(client, settings);
    return all.filter(({ taskId }) => taskId === null || ids.has(taskId));
  } finally {
    client.destroy();
  }
}

function pointerOf({ queue, messageId, taskId, receives }: DeadLetter) {
  return { queue, messageId, taskId, receives };
}

function sayLetter({ taskId, receives }: DeadLetter): string {
  return taskId === null
    ? "it cannot be read as a message of Noctuary's"
    : `task ${taskId.slice(0, 8)}: its worker was stopped or crashed (${count(receives, "receive")})`;
}
