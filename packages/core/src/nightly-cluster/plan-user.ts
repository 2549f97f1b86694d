import { randomUUID } from "node:crypto";
import { asUser, type UserTransaction } from "@noctuary/db/access";
import { audit, saveUserState, type UserState, userSettings, userState } from "@noctuary/db/account/account";
import { budgetsOf } from "@noctuary/db/budget/budget-month";
import type { PlannedCounts } from "@noctuary/db/ledger/ledger.sql";
import type { Run } from "@noctuary/db/ledger/run";
import {
  clusterWhenReady,
  lockRunUser,
  noCounts,
  type RunUser,
  saveRunUser,
} from "@noctuary/db/ledger/run-user";
import { addTasks, lastRangeTask, replacePayload } from "@noctuary/db/ledger/task";
import {
  type Candidate,
  candidatesOf,
  hasExcludedResults,
  markSeen,
  type NotePage,
  notePage,
  vanishedNotes,
} from "@noctuary/db/notes/note-changes";
import { storedHashes } from "@noctuary/db/notes/note-embedding";
import { dryBudget } from "../budget/dry-budget.ts";
import type { Context } from "../context.ts";
import { daysBetween } from "../local-date.ts";
import { dryNames, hasNamesToAsk } from "./dry-names.ts";
import { dealOut, type NoteRange, type SortedCandidates, sortCandidates } from "./sort-candidates.ts";
import { EMBED, type EmbedPayload, embedPayload, type NoteRangePayload } from "./steps.ts";
import { areTooMany, decideWithholding } from "./withhold-deletions.ts";

/** `updated_at` tells what changed; once a week the hashes are compared as well, for apps that forget to set it. */
export const REHASH_DAYS = 7;

export interface PlanScope {
  context: Context;
  run: Run;
  /** So many notes of all users are gone that something must be wrong. */
  tooManyInAll: boolean;
}

/**
 * Plans one keyset page of one user's notes and makes the embed tasks for it, in one transaction with the cursor. Two
 * planners at once, or one that was killed, plan nothing twice; and a page that a crash of the server takes back is
 * planned again, since whatever rests on it was committed after it. Returns whether the user is through.
 */
export async function planPage(scope: PlanScope, userId: string): Promise<boolean> {
  const { context, run } = scope;
  const work = async (tx: UserTransaction): Promise<boolean> => {
    // What needs no other answer is sent along with what does: a plan is thousands of small pages.
    const [user, state, { aiEnabled }] = await Promise.all([
      lockRunUser(tx, run.id, userId),
      userState(tx, userId),
      userSettings(tx, userId),
    ]);
    if (user.isPlanned) return true;
    const page = aiEnabled ? await countPage(tx, scope, state, userId, user.cursor) : null;
    if (page !== null && !page.isLast) {
      const found = await findOnPage(tx, scope, user, page);
      await Promise.all([makeTasks(tx, scope, user, found), saveRunUser(tx, run.id, found.planned)]);
      return false;
    }
    const [found, held] = await Promise.all([
      page === null ? null : findOnPage(tx, scope, user, page),
      withholding(tx, scope, state, userId),
    ]);
    await Promise.all([
      found === null ? null : makeTasks(tx, scope, user, found),
      finishUser(tx, scope, { state, held, aiEnabled }, found?.planned ?? user, found?.sorted.toEmbed.length),
    ]);
    return true;
  };
  return asUser(context.db, userId, work, { mayBeLost: true });
}

interface FoundOnPage {
  page: CountedPage;
  sorted: SortedCandidates;
  /** The user with this page counted. */
  planned: RunUser;
}

async function findOnPage(
  tx: UserTransaction,
  scope: PlanScope,
  user: RunUser,
  page: CountedPage,
): Promise<FoundOnPage> {
  const candidates = await candidatesOnPage(tx, scope, user.userId, page);
  const sorted = sortCandidates(candidates, scope.run.options.full === true);
  const planned: RunUser = {
    ...user,
    cursor: page.lastId,
    counts: addPage(user.counts, page, sorted),
    needsCluster: user.needsCluster || sorted.toEmbed.length > 0,
  };
  return { page, sorted, planned };
}

/** Makes the embed tasks for what is new or changed on a page. */
async function makeTasks(
  tx: UserTransaction,
  { context, run }: PlanScope,
  user: RunUser,
  { page, sorted }: FoundOnPage,
): Promise<void> {
  const { userId } = user;
  const full = run.options.full === true;
  await markSeen(tx, context.embedder, userId, sorted.seen);
  if (sorted.toEmbed.length === 0) return;
  // Requests are packed within a task, so a task goes on from page to page as long as nobody has begun with it.
  const open = user.cursor === "" ? null : await lastRangeTask(tx, run.id, userId, EMBED);
  const openRange = open === null ? undefined : openRangeOf(open.payload);
  const ranges = dealOut(
    sorted.toEmbed,
    { maxNotes: context.limits.embedBatchNotes, maxBytes: context.limits.embedBatchBytes },
    openRange,
  );
  const payloads = ranges.map(
    (range): NoteRangePayload => ({
      ...range,
      ...(full ? { full } : {}),
      ...(page.rehash && !full ? { rehash: true } : {}),
    }),
  );
  if (open !== null && openRange !== undefined) await replacePayload(tx, open.id, payloads.shift());
  await addTasks(
    tx,
    payloads.map((payload) => ({
      id: randomUUID(),
      runId: run.id,
      step: EMBED,
      queue: EMBED,
      userId,
      payload: payload satisfies EmbedPayload,
    })),
  );
}

/** Of a task that an earlier version has made, or whose texts nobody has looked at, nothing can be said. */
function openRangeOf(payload: unknown): NoteRange | undefined {
  const { success, data } = embedPayload.safeParse(payload);
  if (!success || "noteIds" in data) return undefined;
  const { firstId, lastId, notes, bytes } = data;
  return bytes === undefined ? undefined : { firstId, lastId, notes, bytes };
}

/** What a plan of this user would count, without writing anything. */
export async function dryPlanUser(
  scope: PlanScope,
  userId: string,
): Promise<PlannedCounts & { toEmbed: number; inputs: number; bytes: number }> {
  return asUser(scope.context.db, userId, async (tx) => {
    const state = await userState(tx, userId);
    const { aiEnabled } = await userSettings(tx, userId);
    let counts = noCounts;
    let toEmbed = 0;
    /** Bytes of each different text: the same text in several notes is one input. */
    const texts = new Map<string, number>();
    for (let cursor = ""; aiEnabled; ) {
      const page = await countPage(tx, scope, state, userId, cursor);
      if (page === null) break;
      const candidates = await candidatesOnPage(tx, scope, userId, page);
      const sorted = sortCandidates(candidates, scope.run.options.full === true);
      counts = addPage(counts, page, sorted);
      toEmbed += sorted.toEmbed.length;
      for (const note of sorted.toEmbed) texts.set(note.contentHash!, note.bytes);
      cursor = page.lastId;
    }
    const { vanished, withheld } = await withholding(tx, scope, state, userId);
    if (scope.run.options.full !== true) {
      for (const hash of await storedHashes(tx, scope.context.embedder, userId, [...texts.keys()]))
        texts.delete(hash);
    }
    const bytes = [...texts.values()].reduce((sum, size) => sum + size, 0);
    const { context } = scope;
    const isRegrouped =
      toEmbed > 0 || vanished > withheld || state.clusteredModel !== modelKey(context.embedder);
    const names = aiEnabled ? await dryNames(tx, context, userId, { notes: counts.live, isRegrouped }) : {};
    const budgets = await budgetsOf(tx, userId, context.budgets);
    const budget = dryBudget(context.embedder, budgets, { toEmbed: texts.size, bytes });
    return { ...counts, vanished, withheld, toEmbed, inputs: texts.size, bytes, ...names, ...budget };
  });
}

interface CountedPage extends Omit<NotePage, "lastId"> {
  afterId: string;
  lastId: string;
  isLast: boolean;
  /** The hashes of all notes are compared, and not of those alone that say they have changed. */
  rehash: boolean;
}

/** null where there is no note after the cursor. */
async function countPage(
  tx: UserTransaction,
  { context, run }: PlanScope,
  state: UserState,
  userId: string,
  afterId: string,
): Promise<CountedPage | null> {
  const rehash = isRehashDue(state, run.localDate);
  const limit = context.limits.planPageNotes;
  const everything = run.options.full === true || rehash;
  const { lastId, ...page } = await notePage(tx, context.embedder, { userId, afterId, limit, everything });
  return lastId === null ? null : { ...page, afterId, lastId, isLast: page.rows < limit, rehash };
}

async function candidatesOnPage(
  tx: UserTransaction,
  { context, run }: PlanScope,
  userId: string,
  { afterId, lastId, rehash, candidates }: CountedPage,
): Promise<Candidate[]> {
  if (candidates === 0) return [];
  const { full = false, dryRun = false } = run.options;
  return candidatesOf(tx, context.embedder, {
    userId,
    afterId,
    lastId,
    everything: full || rehash,
    // A dry run counts different texts; a plan leaves that to whoever reads them anyway.
    hashesNew: dryRun,
  });
}

function addPage(
  counts: PlannedCounts,
  page: { live: number; excluded: number },
  sorted: { new: number; changed: number },
): PlannedCounts {
  return {
    ...counts,
    live: counts.live + page.live,
    excluded: counts.excluded + page.excluded,
    new: counts.new + sorted.new,
    changed: counts.changed + sorted.changed,
    unchanged: counts.unchanged + page.live - sorted.new - sorted.changed,
  };
}

/** `newTasks`: notes that this page has put into tasks. */
async function finishUser(
  tx: UserTransaction,
  { run, context }: PlanScope,
  { state, held, aiEnabled }: { state: UserState; held: HeldDeletions; aiEnabled: boolean },
  user: RunUser,
  newTasks = 0,
): Promise<void> {
  const { userId } = user;
  const { vanished, withheld, since, tooMany } = held;
  // That deletions are carried out is written by the cluster step, together with the deletions. That there is nothing
  // to hold back any more is known now: a folder that was mounted again must not shorten the wait of a later night.
  const isOver = !tooMany && state.deletionsWithheldSince !== null;
  const counts = { ...user.counts, vanished, withheld };
  const isOtherModel = counts.live > 0 && state.clusteredModel !== modelKey(context.embedder);
  const planned: RunUser = {
    ...user,
    counts,
    isPlanned: true,
    needsCluster:
      aiEnabled &&
      (user.needsCluster ||
        vanished > withheld ||
        isOtherModel ||
        state.editsPending ||
        (await hasExcludedResults(tx, userId)) ||
        (await hasNamesToAsk(tx, context, userId))),
  };
  await Promise.all([
    // A trial compares the texts with another model's: what it saw says nothing about the one in use.
    run.options.trial === true
      ? null
      : saveUserState(tx, userId, {
          ...(since !== null || isOver ? { deletionsWithheldSince: since } : {}),
          ...(isRehashDue(state, run.localDate) ? { hashedOn: run.localDate } : {}),
        }),
    saveRunUser(tx, run.id, planned),
    audit(tx, {
      userId,
      actor: "plan",
      runId: run.id,
      action: "notes compared",
      counts: { live: counts.live, new: counts.new, changed: counts.changed, vanished },
    }),
  ]);
  // Notes that were put into tasks just now are not embedded yet.
  if (newTasks === 0) await clusterWhenReady(tx, run, userId);
}

type HeldDeletions = Awaited<ReturnType<typeof withholding>>;

async function withholding(tx: UserTransaction, scope: PlanScope, state: UserState, userId: string) {
  const gone = await vanishedNotes(tx, userId);
  const tooMany = areTooMany(gone) || (scope.tooManyInAll && gone.vanished > 0);
  const { withhold, since } = decideWithholding({
    tooMany,
    accepted: scope.run.options.acceptDeletions === true,
    since: state.deletionsWithheldSince,
    today: scope.run.localDate,
  });
  return { vanished: gone.vanished, withheld: withhold ? gone.vanished : 0, since, tooMany };
}

function isRehashDue(state: UserState, today: string): boolean {
  return state.hashedOn === null || daysBetween(state.hashedOn, today) >= REHASH_DAYS;
}

/** Names the vectors that a clustering was computed from. */
export function modelKey({ model, dimensions }: { model: string; dimensions: number }): string {
  return `${model}/${dimensions}`;
}
