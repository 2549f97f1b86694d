import { attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { expect, onTestFinished, test } from "vitest";
import { openNight } from "../support/night.ts";
import { openTestDatabase } from "../support/test-database.ts";

const MEGABYTES_50 = 50 * 1024 * 1024;
const paragraph = "flour water salt and time, folded four times before the oven is hot. ";

// On a server alone: the embedded database takes minutes for so much JSON.
test("an editor's JSON of fifty megabytes is taken apart whole, and read up to a million characters", {
  timeout: 180_000,
}, async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  await database.query(`create table public.notes (id text primary key, user_id text not null, title text, body jsonb,
    updated_at timestamptz not null default '2026-10-01');
    insert into public.notes (id, user_id, title, body) select 'huge', 'ada', 'huge',
      jsonb_build_object('type', 'doc', 'content', jsonb_agg(jsonb_build_object('type', 'paragraph', 'content',
        jsonb_build_array(jsonb_build_object('type', 'text', 'text', repeat('${paragraph}', 500))))))
      from generate_series(1, ${Math.ceil(MEGABYTES_50 / (paragraph.length * 500))})`);
  const report = await database.db.drizzle.transaction((tx) =>
    attachAppNotes(tx, { relation: "public.notes", columns: {}, format: "plain", timeZone: "UTC" }),
  );
  expect(report.cut).toBe(1);
  const night = await openNight(database);
  onTestFinished(() => night.close());
  expect(await night.run()).toMatchObject({ status: "done", totals: { live: 1, embedded: 1 } });
  const [read] = await database.query<{ begins: string; length: number }>(
    "select left(body, 40) as begins, length(body) as length from noctuary.note",
  );
  expect(read).toEqual({ begins: paragraph.slice(0, 40), length: 1_000_000 });
});
