import { asLedger, attempt } from "@noctuary/db/access";
import { recordRunError, runAgeMs } from "@noctuary/db/ledger/run";
import { clusterWhenReady } from "@noctuary/db/ledger/run-user";
import { recordUnanswered } from "@noctuary/db/notes/note-account";
import { claimEmbedTask } from "@noctuary/db/notes/notes-to-embed";
import { BudgetSpentError } from "../budget/budget-problems.ts";
import { purseOf } from "../budget/purse.ts";
import type { Embeddings } from "../embedding/embedder.ts";
import { PermanentError, recordable } from "../errors.ts";
import { limitsFor } from "../job.ts";
import { permanentProblem } from "../provider/provider-errors.ts";
import { CallLanes, type PutOff } from "./call-lanes.ts";
import { packCalls } from "./embed-call.ts";
import { type EmbedInput, EmbedProgress, type EmbedStep } from "./embed-progress.ts";
import { EMBED, embedPayload } from "./steps.ts";
import { textsOfTask, type WaitingTexts } from "./texts-of-task.ts";

/** So much is left of the function's time when no further call is begun and the rest is put off. */
const MARGIN_MS = 20_000;

/** Texts of so many bytes come along with the claim: the nights of small users, and no worker dies of reading them. */
const AHEAD_BYTES = 200_000;

/**
 * Embeds notes of one user. While some calls are under way, the notes of the next ones are read and counted. What a call
 * brought is saved at once: a worker that is killed or out of time has paid for nothing twice but what was under way. A
 * text that the user has a vector for already is not embedded again.
 */
export const embed: EmbedStep = {
  slug: EMBED,
  queue: EMBED,
  // Of most users a task takes less time than its invocation costs.
  limits: limitsFor(120, 10, 10),
  payload: embedPayload,

  claim(line, { embedder, limits }, { id, leaseMs }) {
    const maxBytes = Math.min(limits.embedPageBytes, AHEAD_BYTES);
    return claimEmbedTask(line, embedder, { id, leaseMs, maxNotes: limits.embedPageNotes, maxBytes });
  },

  async work(input) {
    refuseStoppedRun(input);
    const { context, run, task, userId, payload, ahead, remainingMs } = input;
    const { embedder } = context;
    const waiting: WaitingTexts = new Map();
    await using purse = purseOf(context, userId, "embeddings", task.ownBudgetUsd);
    const progress = new EmbedProgress(input, waiting, purse);
    const signal = AbortSignal.timeout(Math.max(1, remainingMs() - MARGIN_MS / 2));
    const lanes = new CallLanes(
      embedder.callsInFlight,
      () => remainingMs() >= MARGIN_MS,
      (error) => progress.hasEmbedded && error === signal.reason,
    );
    const againSince = payload.full === true ? run.createdAt : null;
    const mayGoOn = () => lanes.mayGoOn();
    const pages = textsOfTask(context, userId, payload, {
      againSince,
      waiting,
      mayGoOn,
      taskId: task.id,
      ahead: ahead ?? null,
    });
    try {
      for await (const { texts, isLast } of packCalls(embedder, pages, {
        signal,
        onPage: (page) => progress.addPage(page),
      })) {
        const ask = () => progress.ask(texts, signal);
        const save = (answer: Embeddings) => progress.addAnswer(texts, answer, { isLast });
        if (!(await lanes.begin(ask, save))) break;
      }
    } catch (error) {
      // Reading failed: what is under way is paid for, so it is saved first.
      await lanes.end();
      throw error;
    }
    const putOff = await lanes.end().catch(async (error: unknown) => {
      await progress.saveHeld();
      throw error;
    });
    if (putOff === null) return progress.end();
    if (putOff instanceof BudgetSpentError) return { save: (tx) => progress.saveUnpaid(tx, putOff) };
    await progress.saveHeld();
    await endEndlessWait(input, putOff);
    return { laterInMs: putOff.delayMs };
  },

  async ended(tx, run, task, status, { embedder, logger }) {
    const payload = embedPayload.safeParse(task.payload);
    if (status === "failed" && payload.success) {
      // What made the task fail may refuse these rows too, and a task that cannot even be failed would never end.
      const refused = await attempt(tx, async (part) => {
        await recordUnanswered(part, embedder, task.userId, { taskId: task.id }, payload.data);
      });
      if (refused !== null) {
        const { class: errorClass, code: errorCode } = recordable(refused);
        logger.warn("reasons of notes not recorded", { taskId: task.id, errorClass, errorCode });
      }
    }
    await clusterWhenReady(tx, run, task.userId);
  },
};

/** A provider that refuses the key or the model refuses it for every other batch too: nobody asks it again. */
function refuseStoppedRun({ run }: EmbedInput): void {
  if (run.error?.code.startsWith("provider_") === true) {
    throw new PermanentError(run.error.code, "the run's embeds were stopped by what the provider answered");
  }
}

/**
 * A provider that puts the work off again and again would keep the run open, and its notes unclustered, for ever: when it
 * has done so for as long as a run may wait, the run's embeds are stopped as by a final refusal. The next run asks anew.
 */
async function endEndlessWait({ context, run }: EmbedInput, { delayMs, code }: PutOff): Promise<void> {
  if (code === undefined) return;
  const waitedMs = await asLedger(context.db, (tx) => runAgeMs(tx, run.id));
  if (waitedMs + delayMs < context.limits.providerWaitMs) return;
  const error = permanentProblem(code);
  await asLedger(context.db, (tx) => recordRunError(tx, run.id, recordable(error)));
  throw error;
}
