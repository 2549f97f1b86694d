import { asUser } from "@noctuary/db/access";
import { insightAround, type StoredInsight } from "@noctuary/db/insights/insight";
import { type TestNote, themedNotes } from "../support/notes.ts";
import type { TestDatabase } from "../support/test-database.ts";

/** Sunday 25 October 2026, three in the morning in New York: the week ends on Saturday the 24th. */
export const SUNDAY = "2026-10-25T07:00:00Z";
export const LAST_DAY = "2026-10-24";

export interface DatedNote extends TestNote {
  createdAt: string;
}

/** Writes notes with the days on which they were written. */
export async function putDatedNotes(
  { query }: Pick<TestDatabase, "query">,
  userId: string,
  notes: readonly DatedNote[],
): Promise<void> {
  await query(
    `insert into noctuary.note (user_id, id, title, body, tags, created_at, updated_at, ai_excluded)
     select $1, id, title, body, array(select jsonb_array_elements_text(coalesce(tags, '[]'))), "createdAt",
       coalesce("updatedAt", "createdAt"), coalesce("aiExcluded", false)
     from jsonb_to_recordset($2::jsonb) as n(id text, title text, body text, tags jsonb, "createdAt" timestamptz,
       "updatedAt" timestamptz, "aiExcluded" boolean)
     on conflict (user_id, id) do update set title = excluded.title, body = excluded.body,
       updated_at = excluded.updated_at, ai_excluded = excluded.ai_excluded`,
    [userId, JSON.stringify(notes)],
  );
}

/** A few months of notes about three themes, eight of them in the week: bread grew. */
export function someMonths(prefix = "note-"): DatedNote[] {
  const earlier = themedNotes(45, { prefix: `${prefix}old-` }).map((note, i) => ({
    ...note,
    createdAt: new Date(Date.UTC(2026, 5, 1 + i * 3, 15)).toISOString(),
  }));
  const week = themedNotes(24, { prefix: `${prefix}new-`, from: 900 })
    .filter((_, i) => i % 3 === 0 || i < 4)
    .map((note, i) => ({ ...note, createdAt: `2026-10-${19 + (i % 5)}T14:0${i % 6}:00Z` }));
  week[0] = { ...week[0]!, body: `${week[0]!.body}\n- [ ] order more flour\n- [x] clean the oven\n` };
  return [...earlier, ...week];
}

export function storedInsight(
  { db }: Pick<TestDatabase, "db">,
  userId: string,
  week = LAST_DAY,
): Promise<StoredInsight | null> {
  return asUser(db, userId, (tx) => insightAround(tx, userId, week, 3));
}

export function textsOf(insight: StoredInsight | null): string[] {
  return (insight?.sections ?? []).flatMap((section) => section.sentences.map(({ text }) => text));
}
