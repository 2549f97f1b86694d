import { asLedger, asUser, type UserTransaction } from "@noctuary/db/access";
import { addUsage, audit, raiseVersion, type UsageEntry } from "@noctuary/db/account/account";
import { vectorType } from "@noctuary/db/database";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { recordRunError } from "@noctuary/db/ledger/run";
import { lockRunUser } from "@noctuary/db/ledger/run-user";
import { saveProgress } from "@noctuary/db/ledger/task";
import { recordUnanswered } from "@noctuary/db/notes/note-account";
import {
  type EmbeddedNotes,
  embedEnded,
  type FailedNote,
  saveFailures,
  saveVectors,
} from "@noctuary/db/notes/note-embedding";
import type { TextRow } from "@noctuary/db/notes/notes-to-embed";
import type { BudgetSpentError } from "../budget/budget-problems.ts";
import type { Purse } from "../budget/purse.ts";
import type { Embeddings } from "../embedding/embedder.ts";
import { PermanentError, recordable } from "../errors.ts";
import type { SaveAtOnce, UserStep } from "../job.ts";
import { embedTexts, sortByAnswer } from "./embed-call.ts";
import { EMBED, type EmbedPayload } from "./steps.ts";
import type { NoteVersion, PageOfTexts, WaitingText, WaitingTexts } from "./texts-of-task.ts";

export type EmbedStep = UserStep<EmbedPayload, TextRow[] | null>;
export type EmbedInput = Parameters<EmbedStep["work"]>[0];

/** What is to be saved of some notes. */
interface Saved extends EmbeddedNotes {
  failures: FailedNote[];
  counts: Record<string, number>;
  usage: Omit<UsageEntry, "day" | "model"> | null;
}

/** What has come of an embed task so far. Saves what came of each call, one after the other, with the task's totals. */
export class EmbedProgress {
  readonly #input: EmbedInput;
  readonly #purse: Purse;
  readonly #waiting: WaitingTexts;
  #lastTurn: Promise<void> = Promise.resolve();
  totals: Totals;
  /** Whether this try has stored what a call brought: whoever goes on after it has less to do. */
  hasEmbedded = false;
  /** What the last call brought, saved with the end of the task: most users need one call a night. */
  #held: Saved | undefined;

  constructor(input: EmbedInput, waiting: WaitingTexts, purse: Purse) {
    this.#input = input;
    this.#purse = purse;
    this.#waiting = waiting;
    this.totals = { embedded: 0, reused: 0, failedNotes: 0, requests: 0, tokens: 0, ...input.task.result };
  }

  /** Saves what needs no call: notes without text, and texts that were embedded before. */
  async addPage({ texts, stored: { notes, vectorOf }, empty }: PageOfTexts): Promise<void> {
    const { dimensions, priceUsd } = this.#input.context.embedder;
    // While they are counted and packed. No token is shorter than a byte.
    this.#purse.expect(() => priceUsd(texts.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0)));
    const vectors = new Float32Array(vectorOf.size * dimensions);
    const rowOf = new Map<string, number>();
    for (const [hash, vector] of vectorOf) {
      vectors.set(vector, rowOf.size * dimensions);
      rowOf.set(hash, rowOf.size);
    }
    await this.#save({
      notes,
      vectors,
      rows: notes.map((note) => rowOf.get(note.contentHash)!),
      failures: empty.map((note) => ({ ...note, code: "empty_note" })),
      counts: { reused: notes.length },
      usage: null,
    });
  }

  async ask(texts: WaitingText[], signal: AbortSignal): Promise<Embeddings> {
    const options = { signal, purse: this.#purse };
    return this.#recordingRefusals(() => embedTexts(this.#input.context.embedder, texts, options));
  }

  async addAnswer(texts: WaitingText[], answer: Embeddings, { isLast }: { isLast: boolean }): Promise<void> {
    const { vectors, requests, tokens, costUsd } = answer;
    const unanswered = answer.unanswered?.indexes.length ?? 0;
    const embedded = texts.length - answer.refused.length - unanswered;
    const sorted = sortByAnswer(takeNotes(texts), answer);
    const price = costUsd === null ? { unpricedRequests: requests } : { costUsd };
    const saved: Saved = {
      ...sorted,
      vectors,
      counts: { embedded, reused: sorted.notes.length - embedded, requests, tokens, ...price },
      usage: { inputs: texts.length - unanswered, requests, tokens, costUsd },
    };
    // With the last call all pages are read: none of its texts comes up again.
    if (isLast && unanswered === 0) this.#held = saved;
    else await this.#save(saved);
    if (sorted.notes.length > 0) this.hasEmbedded = true;
    if (this.#held === saved) return;
    // The same text has come up again while its vector was being saved.
    while (texts.some(({ notes }) => notes.length > 0)) {
      const again = sortByAnswer(takeNotes(texts), answer);
      await this.#save({ ...again, vectors, counts: { reused: again.notes.length }, usage: null });
    }
    for (const { contentHash } of texts) this.#waiting.delete(contentHash);
    await this.#recordingRefusals(async () => {
      if (answer.unanswered !== undefined) throw answer.unanswered.error;
    });
  }

  /** What the provider refuses for good stands in the run, for the other tasks to see. */
  async #recordingRefusals<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof PermanentError && error.code.startsWith("provider_")) {
        const { context, run } = this.#input;
        await asLedger(context.db, (tx) => recordRunError(tx, run.id, recordable(error)));
      }
      throw error;
    }
  }

  /**
   * The notes of several calls are written side by side; what every save locks (the task, the user's version) comes last,
   * and one after the other: the vectors are what takes the time.
   */
  async #save(saved: Saved): Promise<void> {
    if (isNothing(saved)) return;
    const { context, task, userId } = this.#input;
    let endTurn = () => {};
    try {
      let totals = this.totals;
      await asUser(context.db, userId, async (tx) => {
        await this.#putNotes(tx, saved);
        endTurn = await this.#turn();
        totals = this.#totalsWith(saved);
        await Promise.all([saveProgress(tx, task, totals), this.#putCounts(tx, saved)]);
      });
      this.totals = totals;
    } finally {
      endTurn();
    }
  }

  /** Waits for the saves before this one to be committed. Returns what lets the next one go on. */
  async #turn(): Promise<() => void> {
    const before = this.#lastTurn;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#lastTurn = promise;
    await before;
    return resolve;
  }

  /** Saves what is held back where the task does not end with it. */
  async saveHeld(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) await this.#save(held);
  }

  /** The task's totals with what is held back. */
  totalsAtEnd(): Totals {
    return this.#held === undefined ? this.totals : this.#totalsWith(this.#held);
  }

  /** Ends the task with what is held back. */
  async end(): Promise<SaveAtOnce> {
    const { context, run, task, userId } = this.#input;
    const { usage, ...held } = this.#held ?? nothing;
    const result = this.totalsAtEnd();
    const last = { ...held, usage: usage === null ? null : { day: run.localDate, ...usage } };
    const type = await vectorType(context.db);
    const about = { run, task: { ...task, userId }, result, last };
    return { result, statement: embedEnded(type, context.embedder, about) };
  }

  /**
   * Saves what was paid for, and why the rest is not asked for: the task is done, for the rest waits for another month or
   * a larger budget and not for this task.
   */
  async saveUnpaid(tx: UserTransaction, { code }: BudgetSpentError): Promise<Totals> {
    const { context, run, task, userId, payload } = this.#input;
    const before = this.totalsAtEnd();
    await saveProgress(tx, task, before);
    const held = this.#held;
    if (held !== undefined && !isNothing(held)) {
      // The order in which the plan locks these rows.
      await lockRunUser(tx, run.id, userId);
      await this.#putNotes(tx, held);
      await this.#putCounts(tx, held);
    }
    const notes = await recordUnanswered(tx, context.embedder, userId, { code }, payload);
    context.logger.warn("notes wait for a budget", {
      job: run.job,
      runId: run.id,
      taskId: task.id,
      userId,
      code,
      notes,
    });
    return { ...before, waitForBudget: notes };
  }

  #totalsWith({ counts, failures }: Saved): Totals {
    const totals = { ...this.totals };
    for (const [name, n] of Object.entries({ ...counts, failedNotes: failures.length })) {
      totals[name] = (totals[name] ?? 0) + n;
    }
    return totals;
  }

  async #putNotes(tx: UserTransaction, { failures, notes, vectors, rows }: Saved): Promise<void> {
    const { context, userId } = this.#input;
    const type = await vectorType(context.db);
    await Promise.all([
      saveVectors(tx, type, context.embedder, userId, {
        notes,
        vectors,
        ...(rows === undefined ? {} : { rows }),
      }),
      saveFailures(tx, context.embedder, userId, failures),
    ]);
  }

  async #putCounts(tx: UserTransaction, { usage, failures, notes }: Saved): Promise<void> {
    const { context, run, task, userId } = this.#input;
    const { model } = context.embedder;
    await Promise.all([
      raiseVersion(tx, userId),
      usage === null ? null : addUsage(tx, userId, { day: run.localDate, model, ...usage }),
      audit(tx, {
        userId,
        actor: EMBED,
        runId: run.id,
        taskId: task.id,
        action: "notes embedded",
        counts: { saved: notes.length, failed: failures.length },
      }),
    ]);
  }
}

const nothing: Saved = { notes: [], vectors: new Float32Array(), failures: [], counts: {}, usage: null };

function isNothing({ notes, failures }: Saved): boolean {
  return notes.length + failures.length === 0;
}

/** Takes the notes that wait for each text. */
function takeNotes(texts: WaitingText[]): NoteVersion[][] {
  return texts.map(({ notes }) => notes.splice(0));
}
