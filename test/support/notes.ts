import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { CANARY, SECRET } from "./canary.ts";
import type { TestDatabase } from "./test-database.ts";

export interface TestNote {
  id: string;
  title: string;
  body: string;
  tags?: string[];
  createdAt?: string;
  updatedAt?: string;
  aiExcluded?: boolean;
}

const THEMES: Record<string, string> = {
  bread:
    "sourdough starter levain flour hydration crumb crust oven dough proofing banneton rye autolyse baking scoring loaf",
  garden:
    "tomato seedlings compost mulch trellis pruning aphids soil watering basil harvest raised beds frost spade perennials",
  sailing:
    "mainsail jib halyard tacking rudder keel anchor mooring tide chart winch spinnaker leeward harbour knots regatta",
  chess:
    "opening gambit endgame bishop knight rook castling sicilian zugzwang tempo pawns checkmate fork pin tactics",
  radio:
    "antenna transceiver oscillator bandwidth modulation shortwave solder capacitor ionosphere beacon morse dipole",
  pottery:
    "kiln glaze clay wheel throwing bisque slip stoneware trimming celadon firing porcelain cone handle",
};
export const THEME_NAMES = Object.keys(THEMES);

/** Notes about clearly different things, the same on every run; `note-00042` is about theme 42 mod `themes`. */
export function themedNotes(
  count: number,
  { themes = 3, prefix = "note-", from = 0 }: { themes?: number; prefix?: string; from?: number } = {},
): TestNote[] {
  return Array.from({ length: count }, (_, i) => {
    const number = from + i;
    const random = seededRandom(number);
    const words = THEMES[THEME_NAMES[number % themes]!]!.split(" ");
    const some = (n: number) =>
      Array.from({ length: n }, () => words[Math.floor(random() * words.length)]!).join(" ");
    return {
      id: `${prefix}${String(number).padStart(5, "0")}`,
      title: some(3),
      // Where clustering does not look, so that it says nothing about the note's theme.
      body: `${some(14)}.\n\n${some(14)}.\n\n<!-- ${CANARY} ${SECRET} -->\n`,
      tags: [CANARY],
    };
  });
}

const WRITTEN_AT = "2026-10-01T12:00:00Z";

/** Writes a user's notes as an app would, whole or again. */
export async function putNotes(
  { query }: Pick<TestDatabase, "query">,
  userId: string,
  notes: TestNote[],
): Promise<void> {
  await query(
    `insert into noctuary.note (user_id, id, title, body, tags, created_at, updated_at, ai_excluded)
     select $1, id, title, body, array(select jsonb_array_elements_text(coalesce(tags, '[]'))),
       coalesce("createdAt", $3::timestamptz),
       coalesce("updatedAt", $3::timestamptz), coalesce("aiExcluded", false)
     from jsonb_to_recordset($2::jsonb)
       as n(id text, title text, body text, tags jsonb, "createdAt" timestamptz, "updatedAt" timestamptz, "aiExcluded" boolean)
     on conflict (user_id, id) do update set title = excluded.title, body = excluded.body, tags = excluded.tags,
       updated_at = excluded.updated_at, ai_excluded = excluded.ai_excluded, deleted_at = null`,
    [userId, JSON.stringify(notes), WRITTEN_AT],
  );
}

/** Deletes a user's notes: as an app that marks them, or one that removes the rows. */
export async function deleteNotes(
  { query }: Pick<TestDatabase, "query">,
  userId: string,
  noteIds: string[],
  how: "mark" | "remove" = "mark",
): Promise<void> {
  const which = "where user_id = $1 and id in (select jsonb_array_elements_text($2::jsonb))";
  await query(
    how === "mark"
      ? `update noctuary.note set deleted_at = now() ${which}`
      : `delete from noctuary.note ${which}`,
    [userId, JSON.stringify(noteIds)],
  );
}
