import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import { dayAfter, type Week, weekEnding } from "@noctuary/core/weekly-insights/week";
import type { WeekAccount } from "@noctuary/core/weekly-insights/week-account";
import type { EarlierNote, ThemeBefore, WeekNote } from "@noctuary/db/insights/week-account";

export const WEEK: Week = weekEnding("2026-10-24", "America/New_York");

export const emptyAccount: WeekAccount = {
  week: WEEK,
  notes: [],
  before: [],
  themes: [],
  links: [],
  openEnds: [],
  openBefore: null,
  echoes: [],
  firstDay: "2026-05-25",
};

let made = 0;

/** A note of the week: written on its `day` (1 to 7), about `themeId`. */
export function weekNote(day: number, themeId: string | null, more: Partial<WeekNote> = {}): WeekNote {
  const on = dayAfter(WEEK.firstDay, day - 1);
  made += 1;
  return {
    id: `w${made}`,
    title: `Note number ${made}`,
    writtenOn: on,
    changedOn: on,
    words: 100,
    themeId,
    closeness: 0.5,
    rivalId: null,
    confidence: 0.9,
    ...more,
  };
}

/** `counts[i]` notes of a theme in the i-th week before, the latest first. */
export function notesBefore(themeId: string, counts: number[], words = 100): EarlierNote[] {
  return counts.flatMap((count, week) =>
    Array.from({ length: count }, (_, i) => ({
      id: `b-${themeId}-${week}-${i}`,
      writtenOn: dayAfter(WEEK.firstDay, -1 - 7 * week - (i % 7)),
      words,
      themeId,
    })),
  );
}

export function theme(id: string, name: string, notes: number, lastBefore: string | null): ThemeBefore {
  return { id, name, notesBefore: notes, lastBefore };
}

/** A week in which everything happens that a week can hold. */
export function fullAccount(): WeekAccount {
  made = 0;
  const brook = [
    weekNote(1, "brook", { title: "Headcut, one week on", words: 410, closeness: 0.9 }),
    weekNote(2, "brook", { title: "The day of the notch", closeness: 0.8 }),
    weekNote(2, "brook", { title: "Four more cores", closeness: 0.7 }),
    weekNote(2, "brook", { title: "2026-10-19", closeness: 0.6 }),
  ];
  const cello = [
    weekNote(3, "cello", { title: "Brought a cello home" }),
    weekNote(5, "cello", { title: "Bow hold, with a pencil" }),
  ];
  const kitchen = weekNote(6, "kitchen", { title: "Rye scald, first try" });
  const garden = weekNote(7, "garden", { title: "Bin two is hot", rivalId: "kitchen", confidence: 0.4 });
  const old = weekNote(4, "house", {
    title: "Gutter arithmetic",
    writtenOn: "2026-06-03",
    changedOn: "2026-10-21",
  });
  return {
    ...emptyAccount,
    notes: [...brook, ...cello, kitchen, garden, old],
    before: [
      ...notesBefore("brook", [1, 1, 2, 1]),
      ...notesBefore("garden", [1, 1, 1, 0]),
      ...notesBefore("knee", [1, 2, 0, 1]),
    ],
    themes: [
      theme("brook", "Tannery Brook", 20, "2026-10-15"),
      theme("cello", "Bow & cello", 0, null),
      theme("kitchen", "Kitchen", 9, "2026-08-30"),
      theme("garden", "Plots & cucumbers", 15, "2026-10-16"),
      theme("knee", "Knee", 18, "2026-10-16"),
      theme("house", "North wall", 12, "2026-09-01"),
    ],
    links: [
      {
        fromId: cello[1]!.id,
        toId: cello[0]!.id,
        toTitle: cello[0]!.title,
        toThemeId: "cello",
        toWrittenOn: cello[0]!.writtenOn,
      },
      {
        fromId: kitchen.id,
        toId: cello[0]!.id,
        toTitle: cello[0]!.title,
        toThemeId: "cello",
        toWrittenOn: cello[0]!.writtenOn,
      },
    ],
    openEnds: [
      { noteId: cello[0]!.id, kind: "to-do", text: "ring Mrs. Abernathy", isDone: false },
      { noteId: cello[0]!.id, kind: "to-do", text: "endpin out about a forearm", isDone: true },
      { noteId: brook[0]!.id, kind: "to-do", text: "decide the second step on Friday", isDone: false },
      { noteId: old.id, kind: "to-do", text: "measure the downspout", isDone: true },
      { noteId: garden.id, kind: "question", text: "Is that the straw or the rain?", isDone: false },
    ],
    echoes: [
      {
        noteId: garden.id,
        oldId: "o1",
        oldTitle: "Soil test, finally",
        oldWrittenOn: "2026-05-30",
        similarity: 0.6,
        sharedWords: ["compost", "straw", "soil"],
      },
    ],
  };
}

const NAMES = [
  "Tannery Brook",
  "SQLite",
  "Bow & cello",
  "GitHub Actions",
  "Knee",
  "Python & uv",
  "Día de los Muertos",
  "Was wir essen",
  "Moth & moon",
  "Reading",
  "500 words",
  "New notes",
  "open questions",
];
const TITLES = [
  "Headcut",
  "Using “uvx” in <details>",
  "Twenty-five without walking",
  "What to read next?",
  "`jq` in 5 minutes",
  "Postal para a Dona Amélia",
  "100 days of code",
  "[[Links]] & other *marks*",
  "I did not do it",
  "東京の写真",
];

/** Any account: for what must hold whatever the week was like. */
export function randomAccount(seed: number): WeekAccount {
  const random = seededRandom(seed);
  const upTo = (n: number) => Math.floor(random() * (n + 1));
  const pick = <T>(values: readonly T[]) => values[Math.floor(random() * values.length)]!;
  made = 0;
  const themes = NAMES.slice(0, 1 + upTo(NAMES.length - 1)).map((name, i) =>
    theme(`t${i}`, name, upTo(20), random() < 0.2 ? null : dayAfter(WEEK.firstDay, -1 - upTo(200))),
  );
  const notes = Array.from({ length: upTo(random() < 0.5 ? 3 : 30) }, () =>
    weekNote(1 + upTo(6), random() < 0.1 ? null : pick(themes).id, {
      title: `${pick(TITLES)}${random() < 0.5 ? "" : ` ${upTo(40)}`}`,
      words: upTo(2000),
      closeness: random(),
      rivalId: random() < 0.5 ? null : pick(themes).id,
      confidence: random(),
      ...(random() < 0.2 ? { writtenOn: dayAfter(WEEK.firstDay, -1 - upTo(900)) } : {}),
    }),
  );
  const before = themes.flatMap(({ id }) => notesBefore(id, [upTo(3), upTo(3), upTo(3), upTo(3)], upTo(500)));
  const known = notes.length === 0 ? [] : notes;
  return {
    ...emptyAccount,
    notes,
    before: random() < 0.2 ? [] : before,
    themes,
    links: known.slice(0, upTo(10)).map((note) => {
      const to = pick(known);
      return {
        fromId: note.id,
        toId: to.id,
        toTitle: to.title,
        toThemeId: to.themeId,
        toWrittenOn: to.writtenOn,
      };
    }),
    openEnds: known.slice(0, upTo(10)).map((note) =>
      random() < 0.7
        ? {
            noteId: note.id,
            kind: "to-do",
            text: `call ${upTo(9)} people about "it"`,
            isDone: random() < 0.4,
          }
        : { noteId: note.id, kind: "question", text: "What is it, and why not now?", isDone: false },
    ),
    echoes: known.slice(0, upTo(3)).map((note) => ({
      noteId: note.id,
      oldId: "old",
      oldTitle: pick(TITLES),
      oldWrittenOn: dayAfter(WEEK.firstDay, -upTo(2000)),
      similarity: random(),
      sharedWords: ["compost", "straw", "rain"].slice(0, upTo(3)),
    })),
    firstDay: pick([null, WEEK.firstDay, dayAfter(WEEK.firstDay, -10), "2020-01-01"]),
  };
}
