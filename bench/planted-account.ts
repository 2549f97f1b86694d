/**
 * Accounts with known signals, from a seed: notes with text and dates, as a person might have left them. What is
 * planted stands in the notes alone. Imports nothing of what it is used to judge.
 */

export type PlantedKind =
  | "momentum"
  | "recurring"
  | "new-theme"
  | "unfinished"
  | "resurface"
  | "near-duplicates";
export const PLANTED_KINDS: PlantedKind[] = [
  "momentum",
  "recurring",
  "new-theme",
  "unfinished",
  "resurface",
  "near-duplicates",
];

export interface PlantedNote {
  id: string;
  title: string;
  body: string;
  /** Days before the night. */
  daysAgo: number;
}

export interface PlantedAccount {
  notes: PlantedNote[];
  signals: { kind: PlantedKind; noteIds: string[] }[];
}

const HISTORY_DAYS = 330;
const LINKING =
  "the a of and to in it is was that for on with as at by this from but not or be are have had my we they which when then so if about into over after before while again just only some more very up out there here what who how".split(
    " ",
  );

/** @param kinds what is planted, each in a theme of its own; nothing for plain background */
export function plantedAccount(seed: number, kinds: PlantedKind[]): PlantedAccount {
  const random = mulberry32(seed);
  const account = new Builder(random);
  const themes = Array.from({ length: 7 + pick(random, 3) }, () => account.theme());
  // What somebody writes about anyway: evenly over the year, in sittings of one or two notes.
  for (const [i, theme] of themes.entries()) {
    const perWeek = i < kinds.length ? 0.35 + 0.25 * random() : 0.3 + 0.8 * random();
    for (let day = HISTORY_DAYS * (0.9 + 0.1 * random()); day > 0; ) {
      day -= (-Math.log(1 - random()) * 7) / perWeek;
      const sitting = random() < 0.15 ? 2 : 1;
      for (let n = 0; n < sitting && day > 0; n++) account.add(theme, day);
    }
  }
  const signals = kinds.map((kind, i) => ({ kind, noteIds: plant[kind](account, themes[i]!, random) }));
  return { notes: account.notes, signals };
}

type Plant = (account: Builder, theme: Theme, random: () => number) => string[];

const plant: Record<PlantedKind, Plant> = {
  momentum: (account, theme, random) =>
    spread(8 + pick(random, 4), 11, random).map((day) => account.add(theme, day)),

  // Known long ago, then silent, then back in six or seven of the last eight weeks.
  recurring: (account, _, random) => {
    const theme = account.theme();
    for (let n = 0; n < 6; n++) account.add(theme, 240 + 60 * random());
    const weeks = [0, 1, 2, 3, 4, 5, 6, 7].filter((week) => week === 0 || week !== 1 + pick(random, 7));
    return weeks.map((week) => account.add(theme, week * 7 + 1 + 5 * random()));
  },

  "new-theme": (account, _, random) => {
    const theme = account.theme();
    return spread(7 + pick(random, 4), 9, random).map((day) => account.add(theme, day));
  },

  unfinished: (account, theme, random) => {
    account.add(theme, 2 + 10 * random());
    return [8, 19, 33].map((day) => {
      const todos = Array.from({ length: 2 }, () => `- [ ] ${account.sentence(theme, 5)}`);
      return account.add(theme, day + 3 * random(), {
        after: `\n\n${todos.join("\n")}\n- [x] ${account.sentence(theme, 4)}`,
      });
    });
  },

  // One narrow subject within a theme, written about long ago and again this week, in other words around it.
  resurface: (account, theme, random) => {
    const narrow = account.theme(8);
    const old = account.add(theme, 150 + 120 * random(), { mixedWith: narrow, words: 90 });
    const fresh = account.add(theme, 1 + 4 * random(), { mixedWith: narrow, words: 90 });
    return [old, fresh];
  },

  "near-duplicates": (account, theme, random) => {
    const id = account.add(theme, 20 + 90 * random(), { words: 90 });
    const { body } = account.notes.find((note) => note.id === id)!;
    const copied = body
      .split(" ")
      .map((word) => (random() < 0.06 ? account.word(theme) : word))
      .join(" ");
    return [id, account.put(account.title(theme), copied, 3 + 10 * random())];
  },
};

interface Theme {
  words: string[];
}

class Builder {
  readonly notes: PlantedNote[] = [];
  readonly #random: () => number;
  readonly #general: string[];
  constructor(random: () => number) {
    this.#random = random;
    this.#general = Array.from({ length: 120 }, () => this.#newWord());
  }

  theme(words = 120): Theme {
    return { words: Array.from({ length: words }, () => this.#newWord()) };
  }

  /** A word of a theme; its first ones are the common ones. */
  word({ words }: Theme): string {
    return words[Math.floor(words.length * this.#random() ** 2)]!;
  }

  sentence(theme: Theme, length: number, mixedWith?: Theme): string {
    return Array.from({ length }, () => {
      const r = this.#random();
      if (r < 0.4) return LINKING[Math.floor(LINKING.length * this.#random())]!;
      if (r < 0.58) return this.#general[Math.floor(this.#general.length * this.#random())]!;
      return this.word(mixedWith !== undefined && this.#random() < 0.9 ? mixedWith : theme);
    }).join(" ");
  }

  title(theme: Theme): string {
    return `${this.word(theme)} ${this.word(theme)} ${this.word(theme)}`;
  }

  add(
    theme: Theme,
    daysAgo: number,
    options: { after?: string; mixedWith?: Theme; words?: number } = {},
  ): string {
    const sentences: string[] = [];
    for (let left = options.words ?? 35 + 80 * this.#random(); left > 0; left -= 11) {
      // Now and then a question in passing, which is nothing that stayed open.
      sentences.push(this.sentence(theme, 11, options.mixedWith) + (this.#random() < 0.05 ? "?" : "."));
    }
    const body = `${sentences.join(" ")} ${this.sentence(theme, 6)}.${options.after ?? ""}`;
    return this.put(this.title(options.mixedWith ?? theme), body, daysAgo);
  }

  put(title: string, body: string, daysAgo: number): string {
    const id = `note-${String(this.notes.length).padStart(4, "0")}`;
    this.notes.push({ id, title, body, daysAgo });
    return id;
  }

  #newWord(): string {
    const syllable = () =>
      "bcdfghklmnprstvz"[pick(this.#random, 16)]! +
      "aeiou"[pick(this.#random, 5)]! +
      "lnrst"[pick(this.#random, 5)]!;
    return syllable() + syllable() + (this.#random() < 0.4 ? syllable() : "");
  }
}

/** So many days, evenly shaken over the last `within`. */
function spread(count: number, within: number, random: () => number): number[] {
  return Array.from({ length: count }, (_, i) => 0.4 + ((i + random()) * within) / count);
}

function pick(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
