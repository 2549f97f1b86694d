import type { UserTransaction } from "@noctuary/db/access";
import { latestInsight, readableNotes, type StoredInsight } from "@noctuary/db/insights/insight";
import { noteTexts } from "@noctuary/db/insights/week-account";
import * as z from "zod";
import { fact } from "./fact.ts";
import { INSIGHT_VERSION, type Insight } from "./insight.ts";
import { type SectionSlug, sectionTitles } from "./section.ts";
import { holdsText } from "./tell-week.ts";
import { dayAfter } from "./week.ts";

/**
 * A told week as it may be shown now: without what rests on notes that were deleted or excluded since, whether a night
 * has cleared that away already or not. `until` is a day on which it ends or after it; null for the newest.
 */
export async function readInsight(
  tx: UserTransaction,
  userId: string,
  until: string | null = null,
): Promise<Insight | null> {
  const stored = await latestInsight(tx, userId, until);
  return stored === null ? null : shown(tx, userId, stored);
}

async function shown(tx: UserTransaction, userId: string, stored: StoredInsight): Promise<Insight> {
  const facts = z.array(fact).parse(stored.facts);
  const behind = [
    ...facts.flatMap((one) => one.noteIds),
    ...stored.sections.flatMap(({ sentences }) =>
      sentences.flatMap(({ noteIds, restsOn }) => [...noteIds, ...restsOn]),
    ),
  ];
  const there = await readableNotes(tx, userId, [...new Set(behind)]);
  const sections = stored.sections.map((section) => ({
    section: section.section as SectionSlug,
    title: sectionTitles[section.section as SectionSlug],
    writtenBy: section.writtenBy,
    sentences: section.sentences
      .filter(({ restsOn }) => restsOn.every((id) => there.has(id)))
      .map(({ text, factIds, noteIds }) => ({
        text,
        factIds,
        noteIds: noteIds.filter((id) => there.has(id)),
      })),
    dropped: section.dropped,
    missing: section.missingCode,
    model: section.model,
    promptVersion: section.promptVersion,
    inputTokens: section.inputTokens,
    outputTokens: section.outputTokens,
    costUsd: section.costUsd,
  }));
  const cited = [
    ...new Set(sections.flatMap(({ sentences }) => sentences.flatMap(({ noteIds }) => noteIds))),
  ];
  const notes = await noteTexts(tx, userId, cited, 0);
  return {
    version: INSIGHT_VERSION,
    userId,
    week: stored.week,
    firstDay: dayAfter(stored.week, -6),
    timeZone: stored.timeZone,
    status: stored.status,
    writtenAt: stored.writtenAt.toISOString(),
    runId: stored.runId,
    notesLeftOut: stored.notesLeftOut,
    facts: facts
      .filter((one) => !holdsText(one) || one.noteIds.every((id) => there.has(id)))
      .map((one) => ({ ...one, noteIds: one.noteIds.filter((id) => there.has(id)) })),
    sections,
    notes: Object.fromEntries(notes.map(({ id, title }) => [id, title])),
  };
}
