import { asLedger, asUser } from "@noctuary/db/access";
import { addUsage, audit, raiseVersion } from "@noctuary/db/account/account";
import { vectorType } from "@noctuary/db/database";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { recordRunError } from "@noctuary/db/ledger/run";
import { saveProgress } from "@noctuary/db/ledger/task";
import { recordUnanswered } from "@noctuary/db/notes/note-account";
import {
  type NoteText,
  saveFailures,
  saveVectors,
  textsToEmbed,
  vectorsByHash,
} from "@noctuary/db/notes/note-embedding";
import { PermanentError, recordable } from "../errors.ts";
import { limitsFor, type UserStep } from "../job.ts";
import { RetryLaterError } from "../provider/provider-errors.ts";
import { type EmbeddedTexts, embedCall, type TextCall, wholeNoteCalls } from "./embed-call.ts";
import { afterEmbed } from "./fan-in.ts";
import { EMBED, type EmbedPayload, embedPayload } from "./steps.ts";

type EmbedInput = Parameters<UserStep<EmbedPayload>["work"]>[0];

/** So much is left of the function's time when no further call is begun and the rest is put off. */
const MARGIN_MS = 20_000;

/**
 * Embeds notes of one user, call by call, and saves what each call brought before the next: a worker that is killed
 * or out of time has paid for nothing twice but what was under way. A text that the user has a vector for already is
 * not embedded again.
 */
export const embed: UserStep<EmbedPayload> = {
  slug: EMBED,
  queue: EMBED,
  limits: limitsFor(120, 10),
  payload: embedPayload,

  async work(input) {
    refuseStoppedRun(input);
    const progress = new Progress(input);
    const calls = await loadCalls(input, progress);
    const putOffMs = await inParallel(calls, input, (call, signal) => progress.add(call, signal));
    return putOffMs === null ? { save: async () => progress.totals } : { laterInMs: putOffMs };
  },

  async ended(tx, run, task, status, { embedder }) {
    const payload = embedPayload.safeParse(task.payload);
    if (status === "failed" && payload.success) {
      await recordUnanswered(tx, embedder, task.userId, { taskId: task.id, noteIds: payload.data.noteIds });
    }
    await afterEmbed(tx, run, task.userId);
  },
};

/** A provider that refuses the key or the model refuses it for every other batch too: nobody asks it again. */
function refuseStoppedRun({ run }: EmbedInput): void {
  if (run.error?.code.startsWith("provider_") === true) {
    throw new PermanentError(run.error.code, "the run's embeds were stopped by what the provider answered");
  }
}

/** What is to be embedded, in calls; what needs no call (no text, or a text embedded before) is saved at once. */
async function loadCalls(input: EmbedInput, progress: Progress): Promise<TextCall[]> {
  const { context, run, userId, payload, remainingMs } = input;
  const { embedder, db } = context;
  const full = payload.full === true;
  const { texts, stored } = await asUser(db, userId, async (tx) => {
    const texts = await textsToEmbed(tx, embedder, userId, payload.noteIds, full ? run.createdAt : null);
    const hashes = full ? [] : texts.map((note) => note.contentHash);
    return { texts, stored: await vectorsByHash(tx, embedder, userId, hashes) };
  });
  const isEmpty = (note: NoteText) => note.title.trim() === "" && note.body.trim() === "";
  const reused = texts.filter((note) => !isEmpty(note) && stored.has(note.contentHash));
  await progress.save({
    notes: reused,
    vectorOf: (hash) => stored.get(hash)!,
    failures: texts.filter(isEmpty).map((note) => ({ ...note, code: "empty_note" })),
    counts: { reused: reused.length },
    usage: null,
  });
  const missing = texts.filter((note) => !isEmpty(note) && !stored.has(note.contentHash));
  return wholeNoteCalls(embedder, missing, AbortSignal.timeout(Math.max(1, remainingMs())));
}

/** Saves what came of each call, one after the other, with the task's totals so far. */
class Progress {
  readonly #input: EmbedInput;
  #saving: Promise<void> = Promise.resolve();
  totals: Totals;

  constructor(input: EmbedInput) {
    this.#input = input;
    this.totals = { embedded: 0, reused: 0, failedNotes: 0, requests: 0, tokens: 0, ...input.task.result };
  }

  async add(call: TextCall, signal: AbortSignal): Promise<void> {
    const { context, run } = this.#input;
    try {
      await this.save(await embedCall(context.embedder, call, signal));
    } catch (error) {
      if (error instanceof PermanentError && error.code.startsWith("provider_")) {
        await asLedger(context.db, (tx) => recordRunError(tx, run.id, recordable(error)));
      }
      throw error;
    }
  }

  async save(saved: EmbeddedTexts): Promise<void> {
    if (saved.notes.length + saved.failures.length === 0) return;
    // One transaction at a time: they all lock the user's version.
    const turn = this.#saving.then(() => this.#write(saved));
    this.#saving = turn.catch(() => {});
    await turn;
  }

  async #write({ notes, vectorOf, failures, counts, usage }: EmbeddedTexts): Promise<void> {
    const { context, run, task, userId } = this.#input;
    const { embedder, db } = context;
    const totals = { ...this.totals };
    for (const [name, n] of Object.entries({ ...counts, failedNotes: failures.length })) {
      totals[name] = (totals[name] ?? 0) + n;
    }
    const type = await vectorType(db);
    await asUser(db, userId, async (tx) => {
      await saveProgress(tx, task, totals);
      await raiseVersion(tx, userId);
      const vectors = new Float32Array(notes.length * embedder.dimensions);
      for (const [i, note] of notes.entries())
        vectors.set(vectorOf(note.contentHash), i * embedder.dimensions);
      await saveVectors(tx, type, embedder, userId, { notes, vectors });
      await saveFailures(tx, embedder, userId, failures);
      if (usage !== null) await addUsage(tx, userId, { day: run.localDate, model: embedder.model, ...usage });
      await audit(tx, {
        userId,
        actor: EMBED,
        runId: run.id,
        taskId: task.id,
        action: "notes embedded",
        counts: { saved: notes.length, failed: failures.length },
      });
    });
    this.totals = totals;
  }
}

/**
 * Runs as many calls at once as the embedder allows. Returns null when all are done, or after how many milliseconds to
 * go on: at once when the function's time runs out, later when the provider asks for a long wait.
 */
async function inParallel(
  calls: TextCall[],
  { context, remainingMs }: EmbedInput,
  work: (call: TextCall, signal: AbortSignal) => Promise<void>,
): Promise<number | null> {
  const stop = new AbortController();
  const signal = AbortSignal.any([
    stop.signal,
    AbortSignal.timeout(Math.max(1, remainingMs() - MARGIN_MS / 2)),
  ]);
  let next = 0;
  let putOffMs: number | null = null;
  let failure: { error: unknown } | undefined;
  const lane = async () => {
    while (next < calls.length && putOffMs === null && failure === undefined) {
      if (next > 0 && remainingMs() < MARGIN_MS) {
        putOffMs = 0;
        return;
      }
      try {
        await work(calls[next++]!, signal);
      } catch (error) {
        // What is under way is paid for: it is waited for and saved, and nothing new is begun.
        if (error instanceof RetryLaterError) putOffMs = Math.max(putOffMs ?? 0, error.delayMs);
        else failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: context.embedder.callsInFlight }, lane));
  stop.abort();
  if (failure !== undefined) throw failure.error;
  return putOffMs;
}
