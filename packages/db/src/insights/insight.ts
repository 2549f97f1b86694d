import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";

export interface StoredInsight {
  week: string;
  timeZone: string;
  schemaVersion: number;
  status: "complete" | "partial";
  facts: unknown;
  openEnds: string[];
  notesLeftOut: number;
  runId: string;
  writtenAt: Date;
  sections: StoredSection[];
}

export interface StoredSection {
  section: string;
  position: number;
  writtenBy: "model" | "template";
  /** Each with `restsOn`, the ids of all notes that must be there for it to stand. */
  sentences: { text: string; factIds: string[]; noteIds: string[]; restsOn: string[] }[];
  dropped: Record<string, number>;
  missingCode: string | null;
  model: string | null;
  promptVersion: number | null;
  inputTokens: number;
  outputTokens: number;
  costUsd: number | null;
}

/**
 * The insight of a week, or the one that ends within so many days of it: who moves to another time zone has weeks that
 * end on other days, and the same days are not told twice.
 */
export async function insightAround(
  tx: UserTransaction,
  userId: string,
  week: string,
  days: number,
): Promise<StoredInsight | null> {
  const near = await insightsWhere(
    tx,
    userId,
    sql`week between ${week}::date - ${days}::int and ${week}::date + ${days}::int order by abs(week - ${week}::date) limit 1`,
  );
  return near[0] ?? null;
}

/** The newest insight that ends on a day or before it; the newest of all without one. */
export async function latestInsight(
  tx: UserTransaction,
  userId: string,
  until: string | null = null,
): Promise<StoredInsight | null> {
  const latest = await insightsWhere(
    tx,
    userId,
    sql`(${until}::date is null or week <= ${until}::date) order by week desc limit 1`,
  );
  return latest[0] ?? null;
}

/** The days on which the user's told weeks end, the newest first. */
export async function insightWeeks(tx: UserTransaction, userId: string, limit: number): Promise<string[]> {
  const { rows } = await tx.execute<{ week: string }>(
    sql`select week::text as week from insight where user_id = ${userId} order by insight.week desc limit ${limit}`,
  );
  return rows.map((row) => row.week);
}

async function insightsWhere(
  tx: UserTransaction,
  userId: string,
  which: ReturnType<typeof sql>,
): Promise<StoredInsight[]> {
  const { rows } = await tx.execute<
    Omit<StoredInsight, "writtenAt" | "sections"> & { writtenAt: string } & Record<string, unknown>
  >(sql`
    select i.week::text as week, i.time_zone as "timeZone", i.schema_version as "schemaVersion", i.status, i.facts,
      i.open_ends as "openEnds", i.notes_left_out as "notesLeftOut", i.run_id as "runId", i.written_at as "writtenAt"
    from (select * from insight where user_id = ${userId} and ${which}) i`);
  const found: StoredInsight[] = [];
  for (const row of rows) {
    const { rows: sections } = await tx.execute<StoredSection & Record<string, unknown>>(sql`
      select section, position, written_by as "writtenBy", sentences, dropped, missing_code as "missingCode", model,
        prompt_version as "promptVersion", input_tokens as "inputTokens", output_tokens as "outputTokens",
        cost_usd as "costUsd"
      from insight_section where user_id = ${userId} and week = ${row.week}::date order by position`);
    found.push({ ...row, writtenAt: new Date(row.writtenAt), sections });
  }
  return found;
}

export type NewInsight = Omit<StoredInsight, "writtenAt">;

/** Writes a week, or replaces it with all its sections. */
export async function saveInsight(tx: UserTransaction, userId: string, insight: NewInsight): Promise<void> {
  await tx.execute(sql`
    insert into insight (user_id, week, time_zone, schema_version, status, facts, open_ends, notes_left_out, run_id)
    values (${userId}, ${insight.week}::date, ${insight.timeZone}, ${insight.schemaVersion}, ${insight.status},
      ${JSON.stringify(insight.facts)}::jsonb, ${JSON.stringify(insight.openEnds)}::jsonb, ${insight.notesLeftOut},
      ${insight.runId})
    on conflict (user_id, week) do update set time_zone = excluded.time_zone, schema_version = excluded.schema_version,
      status = excluded.status, facts = excluded.facts, open_ends = excluded.open_ends,
      notes_left_out = excluded.notes_left_out, run_id = excluded.run_id, written_at = clock_timestamp()`);
  await tx.execute(
    sql`delete from insight_section where user_id = ${userId} and week = ${insight.week}::date`,
  );
  const rows = insight.sections.map((section) => ({ ...section, week: insight.week }));
  await tx.execute(sql`
    insert into insight_section (user_id, week, section, position, written_by, sentences, dropped, missing_code, model,
      prompt_version, input_tokens, output_tokens, cost_usd)
    select ${userId}, week, section, position, "writtenBy", sentences, dropped, "missingCode", model, "promptVersion",
      "inputTokens", "outputTokens", "costUsd"
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(week date, section text, position int, "writtenBy" text,
      sentences jsonb, dropped jsonb, "missingCode" text, model text, "promptVersion" int, "inputTokens" int,
      "outputTokens" int, "costUsd" float8)`);
}

/** Of these notes those that are there and may be read. */
export async function readableNotes(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
): Promise<Set<string>> {
  if (noteIds.length === 0) return new Set();
  const { rows } = await tx.execute<{ id: string }>(sql`
    select id from note where user_id = ${userId} and id = any(${textArray(noteIds)}) and deleted_at is null
      and not ai_excluded`);
  return new Set(rows.map((row) => row.id));
}

/**
 * Takes sentences, facts and to-dos along that rest on notes which were deleted or excluded. A week in which one of its
 * sentences was taken back stays told with what is left.
 */
export async function takeBackSentences(
  tx: UserTransaction,
  userId: string,
  noteIds: readonly string[],
): Promise<void> {
  if (noteIds.length === 0) return;
  const gone = JSON.stringify(noteIds);
  await tx.execute(sql`
    with gone as materialized (select value from jsonb_array_elements_text(${gone}::jsonb))
    update insight_section s set sentences = (
      select coalesce(jsonb_agg(t order by n), '[]') from jsonb_array_elements(s.sentences) with ordinality as x(t, n)
      where not exists (select 1 from jsonb_array_elements_text(t->'restsOn') r where r in (select value from gone)))
    where s.user_id = ${userId} and exists (
      select 1 from jsonb_array_elements(s.sentences) t, jsonb_array_elements_text(t->'restsOn') r
      where r in (select value from gone))`);
  // A fact with a text (a name, a title, a to-do) goes with any of its notes; a count keeps what it counted, nameless.
  await tx.execute(sql`
    with gone as materialized (select value from jsonb_array_elements_text(${gone}::jsonb))
    update insight i set
      facts = (select coalesce(jsonb_agg(
          jsonb_set(f, '{noteIds}', (select coalesce(jsonb_agg(id), '[]') from jsonb_array_elements_text(f->'noteIds') id
            where id not in (select value from gone))) order by n), '[]')
        from jsonb_array_elements(i.facts) with ordinality as x(f, n)
        where not ((f ? 'label' or (jsonb_typeof(f->'value') = 'string' and f->>'unit' <> 'date'))
          and exists (select 1 from jsonb_array_elements_text(f->'noteIds') id where id in (select value from gone)))),
      open_ends = (select coalesce(jsonb_agg(k), '[]') from jsonb_array_elements_text(i.open_ends) k
        where (k::jsonb)->>0 not in (select value from gone))
    where i.user_id = ${userId} and (
      exists (select 1 from jsonb_array_elements(i.facts) f, jsonb_array_elements_text(f->'noteIds') id
        where id in (select value from gone))
      or exists (select 1 from jsonb_array_elements_text(i.open_ends) k where (k::jsonb)->>0 in (select value from gone)))`);
}
