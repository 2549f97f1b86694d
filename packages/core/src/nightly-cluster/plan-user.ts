import { randomUUID } from "node:crypto";
import { asUser, type UserTransaction } from "@noctuary/db/access";
import { audit, saveUserState, type UserState, userSettings, userState } from "@noctuary/db/account/account";
import type { PlannedCounts } from "@noctuary/db/ledger/ledger.sql";
import type { Run } from "@noctuary/db/ledger/run";
import { lockRunUser, noCounts, type RunUser, saveRunUser } from "@noctuary/db/ledger/run-user";
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
import type { Context } from "../context.ts";
import { daysBetween } from "../local-date.ts";
import { dryNames, hasNamesToAsk } from "./dry-names.ts";
import { clusterWhenReady } from "./fan-in.ts";
import { dealOut, type NoteRange, sortCandidates } from "./sort-candidates.ts";
import { EMBED, type EmbedPayload, embedPayload, type NoteRangePayload } from "./steps.ts";
import { areTooMany, decideWithholding } from "./withhold-deletions.ts";

/** `updated_at` tells what changed; once a week the hashes are compared as well, for apps that forget to set it. */
const REHASH_DAYS = 7;

export interface PlanScope {
  context: Context;
  run: Run;
  /** So many notes of all users are gone that something must be wrong. */
  tooManyInAll: boolean;
}

/**
 * Plans one keyset page of one user's notes and makes the embed tasks for it, in one transaction with the cursor. Two
 * planners at once, or one that was killed, plan nothing twice. Returns whether the user is through.
 */
export async function planPage(scope: PlanScope, userId: string): Promise<boolean> {
  const { context, run } = scope;
  return asUser(context.db, userId, async (tx) => {
    const user = await lockRunUser(tx, run.id, userId);
    if (user.isPlanned) return true;
    const state = await userState(tx, userId);
    const { aiEnabled } = await userSettings(tx, userId);
    const page = aiEnabled ? await readPage(tx, scope, state, userId, user.cursor) : null;
    const planned = page === null ? user : await makeTasks(tx, scope, user, page);
    const isLastPage = page === null || page.rows < context.limits.planPageNotes;
    if (isLastPage) await finishUser(tx, scope, state, planned, aiEnabled);
    else await saveRunUser(tx, run.id, planned);
    return isLastPage;
  });
}

/** Makes the embed tasks for what is new or changed on a page, and counts the rest. */
async function makeTasks(
  tx: UserTransaction,
  { context, run }: PlanScope,
  user: RunUser,
  page: PageOfNotes,
): Promise<RunUser> {
  const { userId } = user;
  const full = run.options.full === true;
  const sorted = sortCandidates(page.candidates, full);
  await markSeen(tx, context.embedder, userId, sorted.seen);
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
  return {
    ...user,
    cursor: page.lastId,
    counts: addPage(user.counts, page, sorted),
    needsCluster: user.needsCluster || sorted.toEmbed.length > 0,
  };
}

/** Of a task that an earlier version has made, nothing can be said. */
function openRangeOf(payload: unknown): NoteRange | undefined {
  const { success, data } = embedPayload.safeParse(payload);
  if (!success || "noteIds" in data) return undefined;
  const { firstId, lastId, notes, bytes } = data;
  return { firstId, lastId, notes, bytes };
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
      const page = await readPage(tx, scope, state, userId, cursor);
      if (page === null) break;
      const sorted = sortCandidates(page.candidates, scope.run.options.full === true);
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
    const { context, run } = scope;
    const isRegrouped =
      toEmbed > 0 || vanished > withheld || state.clusteredModel !== modelKey(context.embedder);
    const names = aiEnabled
      ? await dryNames(tx, context, userId, { localDate: run.localDate, notes: counts.live, isRegrouped })
      : {};
    return { ...counts, vanished, withheld, toEmbed, inputs: texts.size, bytes, ...names };
  });
}

type PageOfNotes = Omit<NotePage, "lastId" | "candidates"> & {
  lastId: string;
  candidates: Candidate[];
  /** The hashes of all notes were compared, and not of those alone that say they have changed. */
  rehash: boolean;
};

/** null where there is no note after the cursor. */
async function readPage(
  tx: UserTransaction,
  { context, run }: PlanScope,
  state: UserState,
  userId: string,
  afterId: string,
): Promise<PageOfNotes | null> {
  const { full = false, dryRun = false } = run.options;
  const rehash = isRehashDue(state, run.localDate);
  const everything = full || rehash;
  const page = await notePage(tx, context.embedder, {
    userId,
    afterId,
    limit: context.limits.planPageNotes,
    everything,
  });
  const { lastId } = page;
  if (lastId === null) return null;
  const candidates =
    page.candidates === 0
      ? []
      : await candidatesOf(tx, context.embedder, {
          userId,
          afterId,
          lastId,
          everything,
          // A dry run counts different texts; a plan leaves that to whoever reads them anyway.
          hashesNew: dryRun,
        });
  return { ...page, lastId, candidates, rehash };
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

async function finishUser(
  tx: UserTransaction,
  scope: PlanScope,
  state: UserState,
  user: RunUser,
  aiEnabled: boolean,
): Promise<void> {
  const { run, context } = scope;
  const { userId } = user;
  const { vanished, withheld, since, tooMany } = await withholding(tx, scope, state, userId);
  // That deletions are carried out is written by the cluster step, together with the deletions. That there is nothing
  // to hold back any more is known now: a folder that was mounted again must not shorten the wait of a later night.
  const isOver = !tooMany && state.deletionsWithheldSince !== null;
  await saveUserState(tx, userId, {
    ...(since !== null || isOver ? { deletionsWithheldSince: since } : {}),
    ...(isRehashDue(state, run.localDate) ? { hashedOn: run.localDate } : {}),
  });
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
        (await hasNamesToAsk(tx, context, userId, run.localDate))),
  };
  await saveRunUser(tx, run.id, planned);
  await audit(tx, {
    userId,
    actor: "plan",
    runId: run.id,
    action: "notes compared",
    counts: { live: counts.live, new: counts.new, changed: counts.changed, vanished },
  });
  await clusterWhenReady(tx, run, planned);
}

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
