import { randomUUID } from "node:crypto";
import { asUser, type UserTransaction } from "@noctuary/db/access";
import { addUsage, audit, raiseVersion } from "@noctuary/db/account/account";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { saveProgress, taskProgress } from "@noctuary/db/ledger/task";
import {
  dropTitleDrafts,
  purgeStackReports,
  purgeStacks,
  retireStacks,
  retitleStacks,
  saveStackReport,
  saveStacks,
  saveTitleDrafts,
  staleStackNotes,
} from "@noctuary/db/stacks/stack";
import * as z from "zod";
import { purseOf } from "../budget/purse.ts";
import { VersionConflictError } from "../errors.ts";
import { limitsFor, type UserStep } from "../job.ts";
import { llmUsageEntry } from "../llm/budget.ts";
import type { LlmUsage } from "../llm/llm.ts";
import { endUser } from "../runtime/end-user.ts";
import { waitForClusters } from "../runtime/wait-for-clusters.ts";
import { type DecidedTonight, decideTonight } from "./decide-tonight.ts";
import { gatherEvidence } from "./gather-evidence.ts";
import { wordTitles } from "./word-titles.ts";

export const STACKS = "stacks";
export const stacksPayload = z.object({});
export type StacksPayload = z.infer<typeof stacksPayload>;

/** So long are titles waited for: they are the least of it. */
const TITLES_MS = 45_000;
const MARGIN_MS = 15_000;
const KEEP_REPORTS_MS = 90 * 86_400_000;

/** Decides one user's stacks, once that user's clusters of the same night are there. */
export const stacks: UserStep<StacksPayload> = {
  slug: STACKS,
  queue: STACKS,
  limits: limitsFor(120, 5),
  payload: stacksPayload,

  async work(input) {
    const clusters = await waitForClusters(input);
    if (typeof clusters !== "string") return clusters;
    const { context, run, task, userId } = input;
    const gathered = await gatherEvidence(context, userId, run.asOf);
    const earlierClusters = clusters === "earlier";
    const tonight = decideTonight(gathered, {
      most: context.limits.stacksPerNight,
      earlierClusters,
      newId: randomUUID,
    });
    const isDry = run.options.dryRun === true;
    for (const { kind, error } of tonight.failures) {
      context.logger.error("detector failed", {
        runId: run.id,
        taskId: task.id,
        userId,
        detector: kind,
        errorClass: error.class,
        errorCode: error.code,
      });
    }
    const worded = isDry
      ? { stacks: tonight.saved, answered: new Map<string, string | null>(), usage: null }
      : await wordTitles(context, tonight.saved, {
          last: gathered.last,
          drafts: gathered.titleDrafts,
          topics: gathered.topics,
          leftUsd: gathered.leftUsd,
          purse: purseOf(context, userId, "words"),
          signal: AbortSignal.timeout(Math.max(1_000, Math.min(TITLES_MS, input.remainingMs() - MARGIN_MS))),
        });
    if (worded.usage !== null) await keepTitles(input, worded.answered, worded.usage);
    const counts: Totals = {
      stacks: tonight.shown,
      stacksAdded: tonight.report.added.length,
      stacksChanged: tonight.report.changed.length,
      stacksRetired: tonight.report.retired.length,
      failedDetectors: tonight.failures.length,
      earlierClusters: earlierClusters ? 1 : 0,
      importedNotes: gathered.importedNotes,
    };
    return {
      async save(tx) {
        const report = { runId: run.id, at: run.asOf, report: tonight.report };
        if (isDry) {
          await saveStackReport(tx, userId, report);
          return counts;
        }
        if ((await raiseVersion(tx, userId)) !== gathered.version) {
          throw new VersionConflictError("the user's data changed while the stacks were decided");
        }
        await saveTonight(tx, userId, gathered.stale, { ...tonight, saved: worded.stacks }, run.asOf);
        await dropTitleDrafts(tx, userId);
        await saveStackReport(tx, userId, report);
        await purgeStackReports(tx, userId, new Date(run.asOf.getTime() - KEEP_REPORTS_MS));
        await audit(tx, {
          userId,
          actor: STACKS,
          runId: run.id,
          taskId: task.id,
          action: "stacks decided",
          counts: { notes: gathered.evidence.account.notes.length, ...counts },
        });
        return { ...counts, ...(await taskProgress(tx, task)) };
      },
    };
  },

  ended: (tx, run, task, status) => endUser(tx, run, task.userId, status),
};

/** What was paid for is kept at once, with what it cost: should the night have to begin again, nobody asks again. */
async function keepTitles(
  { context, run, task, userId }: Parameters<UserStep<StacksPayload>["work"]>[0],
  answered: ReadonlyMap<string, string | null>,
  { asked, used }: { asked: number; used: LlmUsage },
): Promise<void> {
  await asUser(context.db, userId, async (tx) => {
    await saveTitleDrafts(tx, userId, answered, run.asOf);
    await addUsage(tx, userId, llmUsageEntry(context.llm!, run.localDate, asked, used));
    await saveProgress(tx, task, summed(await taskProgress(tx, task), costOf(used)));
  });
}

function summed(earlier: Totals | null, more: Totals): Totals {
  const sums: Totals = { ...earlier };
  for (const [name, value] of Object.entries(more)) sums[name] = (sums[name] ?? 0) + value;
  return sums;
}

function costOf({ requests, costUsd }: LlmUsage): Totals {
  return { requests, ...(costUsd === null ? { unpricedRequests: requests } : { costUsd }) };
}

async function saveTonight(
  tx: UserTransaction,
  userId: string,
  stale: readonly string[],
  tonight: DecidedTonight,
  at: Date,
): Promise<void> {
  await purgeStacks(tx, userId, stale, at);
  await retireStacks(tx, userId, tonight.report.retired, at);
  await saveStacks(tx, userId, tonight.saved, at);
  await retitleStacks(tx, userId, tonight.retitled);
  // A note that was excluded or deleted since it was read: nothing of it may be shown this morning.
  if ((await staleStackNotes(tx, userId)).length > 0) {
    throw new VersionConflictError("a note was taken away while the stacks were decided");
  }
}
