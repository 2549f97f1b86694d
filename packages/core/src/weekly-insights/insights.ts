import { asUser, type UserTransaction } from "@noctuary/db/access";
import { addUsage, audit, userSettings } from "@noctuary/db/account/account";
import { addEvent } from "@noctuary/db/insights/event-outbox";
import {
  insightAround,
  latestInsight,
  readableNotes,
  type StoredInsight,
  type StoredSection,
  saveInsight,
} from "@noctuary/db/insights/insight";
import { noteTexts } from "@noctuary/db/insights/week-account";
import type { Totals } from "@noctuary/db/ledger/ledger.sql";
import { saveProgress } from "@noctuary/db/ledger/task";
import * as z from "zod";
import { budgetLeftUsd, purseOf } from "../budget/purse.ts";
import type { Context } from "../context.ts";
import { limitsFor, type UserStep } from "../job.ts";
import { llmUsageEntry } from "../llm/budget.ts";
import { isTimeZone, localDateOf } from "../local-date.ts";
import { endUser } from "../runtime/end-user.ts";
import { waitForClusters } from "../runtime/wait-for-clusters.ts";
import { plainText } from "../text/plain-text.ts";
import { type Fact, fact } from "./fact.ts";
import { INSIGHT_VERSION } from "./insight.ts";
import { loadWeek } from "./load-week.ts";
import { promptNotes, questionFor, type SectionQuestion } from "./narrate.ts";
import type { SectionSlug } from "./section.ts";
import { holdsText, isQuiet, sectionsOf, statusOf, tellSections } from "./tell-week.ts";
import { dayAfter, type Week, weekBefore, weekEnding } from "./week.ts";
import { noteOfOpenEnd, openEndKey } from "./week-account.ts";
import { weekFacts } from "./week-facts.ts";

/** Another time zone moves the end of a scheduled week by a day; a week told by hand must not swallow the Sunday's. */
const SAME_WEEK_DAYS = 1;
/** By hand the days that were told a moment ago are not told once more. */
const SAME_WEEK_BY_HAND_DAYS = 3;

export const INSIGHTS = "insights";
export const insightsPayload = z.object({});
export type InsightsPayload = z.infer<typeof insightsPayload>;

/** Where a user has set a time zone that does not exist, the week is this one's. */
const DEFAULT_TIME_ZONE = "America/New_York";
/** So much of the function's time is kept for saving what was told. */
const MARGIN_MS = 15_000;
const EXCERPT_BYTES = 4_000;
/** An older insight says nothing on what was closed since. */
const MAX_GAP_DAYS = 10;

type Input = Parameters<UserStep<InsightsPayload>["work"]>[0];

/** Tells one user's week, once that user's clusters of the same night are there. */
export const insights: UserStep<InsightsPayload> = {
  slug: INSIGHTS,
  queue: INSIGHTS,
  limits: limitsFor(300, 5),
  payload: insightsPayload,

  async work(input) {
    const clusters = await waitForClusters(input);
    if (typeof clusters !== "string") return clusters;
    const before = await load(input);
    if (before === null) return saveCounts({ aiOff: 1 });
    if (before.pending.length === 0) return saveCounts({ kept: 1 });
    if (input.run.options.dryRun === true) return saveCounts(dryCounts(input.context, before));
    return tell(input, before, clusters === "earlier" ? 1 : 0);
  },

  measures(result) {
    const { sentencesKept: kept = 0, sentencesDropped: dropped = 0 } = result;
    if (kept + dropped === 0) return [];
    return [{ name: "VerificationRate", value: kept / (kept + dropped), unit: "None" }];
  },

  ended: (tx, run, task, status) => endUser(tx, run, task.userId, status),
};

interface Before {
  week: Week;
  isZoneUnknown: boolean;
  facts: Fact[];
  openEnds: string[];
  notesLeftOut: number;
  /** The sections that are there already and stay. */
  kept: StoredSection[];
  /** Those to write now. */
  pending: SectionSlug[];
  /** For those that a model can be asked for. */
  questions: Map<SectionSlug, SectionQuestion>;
  budgetUsd: number;
  /** The week was told before, in part. */
  isContinued: boolean;
}

async function load({ context, run, userId }: Input): Promise<Before | null> {
  return asUser(context.db, userId, async (tx) => {
    const settings = await userSettings(tx, userId);
    if (!settings.aiEnabled) return null;
    const isZoneUnknown = !isTimeZone(settings.timeZone);
    const timeZone = isZoneUnknown ? DEFAULT_TIME_ZONE : settings.timeZone;
    const due = weekBefore(run.asOf, timeZone);
    const isManual = run.trigger === "manual";
    const known = await insightAround(
      tx,
      userId,
      due.lastDay,
      isManual ? SAME_WEEK_BY_HAND_DAYS : SAME_WEEK_DAYS,
    );
    // A later try of the run that replaces goes on with what an earlier one has written.
    const told = run.options.replace === true && known?.runId !== run.id ? null : known;
    const week = told === null ? due : weekEnding(told.week, told.timeZone);
    const base = told === null ? await computed(tx, context, userId, week) : await stored(tx, userId, told);
    const all = sectionsOf(base.facts, week);
    const missing = told?.sections.filter((section) => section.missingCode !== null) ?? [];
    const pending =
      told === null ? all : all.filter((slug) => missing.some(({ section }) => section === slug));
    const asksModel = context.llm !== null && !isQuiet(base.facts);
    return {
      week,
      isZoneUnknown,
      ...base,
      kept: told?.sections.filter((section) => !pending.some((slug) => slug === section.section)) ?? [],
      pending,
      questions: asksModel
        ? await questionsFor(tx, userId, pending, base.facts, week)
        : new Map<SectionSlug, SectionQuestion>(),
      budgetUsd: asksModel ? await budgetLeftUsd(tx, context.budgets, userId, "words") : 0,
      isContinued: told !== null,
    };
  });
}

async function computed(tx: UserTransaction, context: Context, userId: string, week: Week) {
  const previous = await latestInsight(tx, userId, dayAfter(week.lastDay, -4));
  const isRecent = previous !== null && previous.week >= dayAfter(week.lastDay, -MAX_GAP_DAYS);
  const openBefore = isRecent ? new Set(previous.openEnds) : null;
  const { account, notesLeftOut } = await loadWeek(tx, context.embedder, userId, week, openBefore);
  const open = account.openEnds.filter((end) => end.kind === "to-do" && !end.isDone);
  return { facts: weekFacts(account), openEnds: open.map(openEndKey).slice(0, 2_000), notesLeftOut };
}

/** What a week was told from, less the facts whose notes were deleted or excluded since. */
async function stored(tx: UserTransaction, userId: string, { facts, openEnds, notesLeftOut }: StoredInsight) {
  const known = z.array(fact).parse(facts);
  const there = await readableNotes(tx, userId, [...new Set(known.flatMap((one) => one.noteIds))]);
  return {
    facts: known.filter((one) => !holdsText(one) || one.noteIds.every((id) => there.has(id))),
    openEnds,
    notesLeftOut,
  };
}

async function questionsFor(
  tx: UserTransaction,
  userId: string,
  slugs: readonly SectionSlug[],
  facts: readonly Fact[],
  week: Week,
): Promise<Map<SectionSlug, SectionQuestion>> {
  const ids = [...new Set(slugs.flatMap((slug) => promptNotes(slug, facts)))];
  const texts = new Map(
    (await noteTexts(tx, userId, ids, EXCERPT_BYTES)).map(({ id, title, body, tags }) => [
      id,
      { title, tags, excerpt: plainText(body) },
    ]),
  );
  return new Map(
    slugs.flatMap((slug) => {
      const question = questionFor(slug, facts, week, texts);
      return question === null ? [] : [[slug, question] as const];
    }),
  );
}

/** What asking would cost at the most; nothing is asked and nothing written but these figures. */
function dryCounts(
  { llm }: Pick<Context, "llm">,
  { facts, pending, questions, notesLeftOut }: Before,
): Totals {
  const bounds = llm === null ? [] : [...questions.values()].map(({ question }) => llm.atMost(question));
  return {
    facts: facts.length,
    sections: pending.length,
    notesLeftOut,
    questions: bounds.length,
    maxTokens: bounds.reduce((sum, { tokens }) => sum + tokens, 0),
    maxCostUsd: bounds.reduce((sum, { costUsd }) => sum + (costUsd ?? 0), 0),
    ...(bounds.some(({ costUsd }) => costUsd === null) ? { unpricedRequests: bounds.length } : {}),
  };
}

async function tell(input: Input, before: Before, earlierClusters: number) {
  const { context, run, task, userId, remainingMs } = input;
  const { llm } = context;
  const written = await tellSections(context, before.pending, {
    ...before,
    purse: purseOf(context, userId, "words"),
    signal: AbortSignal.timeout(Math.max(1, remainingMs() - MARGIN_MS)),
  });
  const sections = [...before.kept, ...written].sort((a, b) => a.position - b.position);
  const counts = countsOf(written, before, earlierClusters);

  const save = async (tx: UserTransaction): Promise<Totals> => {
    const told = sections.flatMap((section) => section.sentences.flatMap(({ restsOn }) => restsOn));
    const stated = before.facts.flatMap(({ noteIds }) => noteIds);
    const open = before.openEnds.map(noteOfOpenEnd);
    const there = await readableNotes(tx, userId, [...new Set([...told, ...stated, ...open])]);
    await saveInsight(tx, userId, {
      week: before.week.lastDay,
      timeZone: before.week.timeZone,
      schemaVersion: INSIGHT_VERSION,
      status: statusOf(sections),
      // A note that was taken away while the week was told takes its facts and sentences along.
      facts: before.facts.filter((one) => !holdsText(one) || one.noteIds.every((id) => there.has(id))),
      openEnds: before.openEnds.filter((end) => there.has(noteOfOpenEnd(end))),
      notesLeftOut: before.notesLeftOut,
      runId: run.id,
      sections: sections.map((section) => ({
        ...section,
        sentences: section.sentences.filter(({ restsOn }) => restsOn.every((id) => there.has(id))),
      })),
    });
    if (llm !== null && counts.questions > 0) {
      await addUsage(
        tx,
        userId,
        llmUsageEntry(llm, localDateOf(run.asOf, before.week.timeZone), counts.questions, {
          requests: counts.questions,
          inputTokens: counts.inputTokens,
          outputTokens: counts.outputTokens,
          costUsd: counts.unpricedRequests > 0 ? null : counts.costUsd,
        }),
      );
    }
    await addEvent(tx, { type: "insight.ready", userId, subject: before.week.lastDay });
    await audit(tx, { userId, actor: INSIGHTS, runId: run.id, taskId: task.id, action: "week told", counts });
    return counts;
  };

  const isMissing = written.some((section) => section.missingCode !== null);
  if (isMissing && task.attempt < context.limits.maxAttempts) {
    // What was told is kept, and the next try asks only for the rest.
    await asUser(context.db, userId, async (tx) =>
      saveProgress(tx, task, added(task.result, await save(tx))),
    );
    throw new MissingSectionsError();
  }
  return { save: async (tx: UserTransaction) => added(task.result, await save(tx)) };
}

/** Some sections could not be written now. */
class MissingSectionsError extends Error {
  override readonly name = "MissingSectionsError";
  readonly code = "sections_missing";
}

function countsOf(written: readonly StoredSection[], before: Before, earlierClusters: number) {
  const asked = written.filter((section) => section.model !== null);
  const sum = (value: (section: StoredSection) => number) =>
    written.reduce((all, one) => all + value(one), 0);
  return {
    insights: before.isContinued ? 0 : 1,
    sectionsByModel: written.filter((section) => section.writtenBy === "model").length,
    sectionsPlain: written.filter((section) => section.writtenBy === "template").length,
    sectionsMissing: written.filter((section) => section.missingCode !== null).length,
    sentencesKept: asked.reduce(
      (all, one) => all + (one.writtenBy === "model" ? one.sentences.length : 0),
      0,
    ),
    sentencesDropped: sum(({ dropped }) => Object.values(dropped).reduce((all, count) => all + count, 0)),
    facts: before.isContinued ? 0 : before.facts.length,
    notesLeftOut: before.isContinued ? 0 : before.notesLeftOut,
    questions: asked.length,
    inputTokens: sum((section) => section.inputTokens),
    outputTokens: sum((section) => section.outputTokens),
    costUsd: sum((section) => section.costUsd ?? 0),
    unpricedRequests: asked.filter((section) => section.costUsd === null).length,
    earlierClusters,
    unknownTimeZone: before.isZoneUnknown ? 1 : 0,
  };
}

/** What this try did, on top of what an earlier one has saved. */
function added(earlier: Totals | null, counts: Totals): Totals {
  const sums: Totals = { ...earlier };
  for (const [name, value] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + value;
  return {
    ...sums,
    sectionsMissing: counts.sectionsMissing ?? 0,
    unknownTimeZone: counts.unknownTimeZone ?? 0,
  };
}

function saveCounts(counts: Totals) {
  return { save: () => Promise.resolve(counts) };
}
