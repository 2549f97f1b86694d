import type { UserTransaction } from "@noctuary/db/access";
import type { WeekNote } from "@noctuary/db/insights/week-account";
import {
  firstDayOf,
  notesBeforeWeek,
  notesNamed,
  notesOfWeek,
  noteTexts,
  oldNotesLike,
  themesBeforeWeek,
} from "@noctuary/db/insights/week-account";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import { bereftTopics } from "@noctuary/db/stacks/stack-evidence";
import { closingQuestion, toDos } from "../text/open-ends.ts";
import { plainText } from "../text/plain-text.ts";
import { wikiLinks } from "../text/wiki-links.ts";
import { fold, isStopWord, stem, words } from "../text/words.ts";
import { isTelling } from "./facts/quotable.ts";
import { MIN_ECHO_DAYS } from "./facts/tie-facts.ts";
import { COMPARED_WEEKS } from "./facts/weeks-before.ts";
import { isForbidden, isNarratorsWord } from "./verifier/vocabulary.ts";
import { dayAfter, type Week } from "./week.ts";
import type { Echo, NoteLink, OpenEnd, WeekAccount } from "./week-account.ts";

/** So many of a week's notes have their texts looked at, the newest first; of the others counts and dates are known. */
const MAX_READ_NOTES = 2_000;
const PAGE = 200;
const BODY_CHARACTERS = 60_000;
/** Notes for which an echo is looked for, and old notes that are looked at for each. */
const ECHO_NOTES = 3;
const ECHOES_PER_NOTE = 3;

export interface LoadedWeek {
  account: WeekAccount;
  notesLeftOut: number;
}

/** Reads what the facts of a week are computed from: living notes of one user that may be read, and nothing else. */
export async function loadWeek(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  week: Week,
  openBefore: ReadonlySet<string> | null,
): Promise<LoadedWeek> {
  const notes = await notesOfWeek(tx, model, userId, week);
  const toRead = newestFirst(notes).slice(0, MAX_READ_NOTES);
  const { openEnds, links } = await readTexts(tx, userId, week, toRead);
  // The name of a topic in which a note lies that may not be shown any more may hold its words.
  const bereft = await bereftTopics(tx, userId);
  const themes = await themesBeforeWeek(tx, userId, week);
  return {
    notesLeftOut: notes.length - toRead.length,
    account: {
      week,
      notes,
      before: await notesBeforeWeek(tx, userId, week, 7 * COMPARED_WEEKS),
      themes: themes.filter(({ id }) => !bereft.has(id)),
      links,
      openEnds,
      openBefore,
      echoes: await echoesOf(tx, model, userId, week, notes),
      firstDay: await firstDayOf(tx, userId, week),
    },
  };
}

function newestFirst(notes: readonly WeekNote[]): WeekNote[] {
  return notes.toSorted((a, b) =>
    a.changedOn === b.changedOn ? (a.id < b.id ? -1 : 1) : a.changedOn > b.changedOn ? -1 : 1,
  );
}

/** To-dos, closing questions and links. In pages, so that no week's texts are in memory at once. */
async function readTexts(
  tx: UserTransaction,
  userId: string,
  week: Week,
  notes: readonly WeekNote[],
): Promise<{ openEnds: OpenEnd[]; links: NoteLink[] }> {
  const openEnds: OpenEnd[] = [];
  const named: { fromId: string; name: string }[] = [];
  for (let i = 0; i < notes.length; i += PAGE) {
    const ids = notes.slice(i, i + PAGE).map((note) => note.id);
    for (const { id, body } of await noteTexts(tx, userId, ids, BODY_CHARACTERS)) {
      for (const { text, isDone } of toDos(body)) openEnds.push({ noteId: id, kind: "to-do", text, isDone });
      const question = closingQuestion(body);
      if (question !== null) openEnds.push({ noteId: id, kind: "question", text: question, isDone: false });
      for (const link of wikiLinks(body)) named.push({ fromId: id, name: link.split("/").at(-1)! });
    }
  }
  const targets = new Map(
    (await notesNamed(tx, userId, [...new Set(named.map(({ name }) => name))], week)).map((note) => [
      note.name,
      note,
    ]),
  );
  const links = named.flatMap(({ fromId, name }): NoteLink[] => {
    const target = targets.get(name);
    if (target === undefined || target.id === fromId) return [];
    return [
      {
        fromId,
        toId: target.id,
        toTitle: target.title,
        toThemeId: target.themeId,
        toWrittenOn: target.writtenOn,
      },
    ];
  });
  return { openEnds, links };
}

/** Old notes near to some of the week's: those nearest to the centre of their themes, the longer first. */
async function echoesOf(
  tx: UserTransaction,
  model: EmbeddingModel,
  userId: string,
  week: Week,
  notes: readonly WeekNote[],
): Promise<Echo[]> {
  const asked = notes
    .filter((note) => note.writtenOn >= week.firstDay && note.closeness !== null && isTelling(note.title))
    .toSorted((a, b) => b.words * b.closeness! - a.words * a.closeness! || (a.id < b.id ? -1 : 1))
    .slice(0, ECHO_NOTES);
  const found: Omit<Echo, "sharedWords">[] = [];
  for (const note of asked) {
    const before = dayAfter(week.firstDay, -MIN_ECHO_DAYS);
    const old = await oldNotesLike(tx, model, userId, note.id, { before, week, limit: ECHOES_PER_NOTE });
    found.push(...old.map((row) => ({ noteId: note.id, ...row })));
  }
  const ids = [...new Set(found.flatMap(({ noteId, oldId }) => [noteId, oldId]))];
  const texts = new Map(
    (await noteTexts(tx, userId, ids, BODY_CHARACTERS)).map((note) => [
      note.id,
      `${note.title}\n${note.title}\n${plainText(note.body)}`,
    ]),
  );
  return found
    .toSorted((a, b) => b.similarity - a.similarity || (a.oldId < b.oldId ? -1 : 1))
    .map((echo) => ({
      ...echo,
      sharedWords: sharedWords(texts.get(echo.noteId) ?? "", texts.get(echo.oldId) ?? ""),
    }));
}

const MIN_SHARED_LETTERS = 4;
const MIN_TIMES = 2;

/**
 * Words of substance that stand at least twice in both texts, the most frequent and longest first: two notes always have
 * some word in common, and a word said once by the way is no echo.
 */
export function sharedWords(a: string, b: string): string[] {
  const [inA, inB] = [counted(a), counted(b)];
  return [...inA]
    .flatMap(([root, { word, count }]) => {
      const times = Math.min(count, inB.get(root)?.count ?? 0);
      return times < MIN_TIMES ? [] : [{ word, weight: times * Math.sqrt(word.length) }];
    })
    .toSorted((x, y) => y.weight - x.weight || (x.word < y.word ? -1 : 1))
    .map(({ word }) => asWritten(word, a));
}

/** "SQLite" where the note has it so; a capital that only a title or a sentence gives is none of the word's. */
function asWritten(word: string, text: string): string {
  const forms = new Map<string, number>();
  for (const [form] of text.matchAll(/\p{L}[\p{L}\p{M}]*/gu))
    if (fold(form) === word) forms.set(form, (forms.get(form) ?? 0) + 1);
  const byCount = [...forms].sort(([x, often], [y, less]) => less - often || (x < y ? 1 : -1));
  const [own] = byCount.find(([form, count]) => count > 1 && /\p{L}\p{Lu}/u.test(form)) ?? [];
  return own ?? byCount.find(([form]) => /^\p{Ll}/u.test(form))?.[0] ?? byCount[0]?.[0] ?? word;
}

function counted(text: string): Map<string, { word: string; count: number }> {
  const counts = new Map<string, { word: string; count: number }>();
  for (const word of words(text)) {
    if (word.length < MIN_SHARED_LETTERS || !/^\p{L}+$/u.test(word)) continue;
    // "looked" and "minute" stand in any two notes; what they share says nothing.
    if (isStopWord(word) || isNarratorsWord(word) || isForbidden(word)) continue;
    const known = counts.get(stem(word));
    if (known === undefined) counts.set(stem(word), { word, count: 1 });
    else known.count += 1;
  }
  return counts;
}
