import { dateOfDay } from "../local-date.ts";
import { type Account, type AccountNote, byDay, countsAsActivity } from "./account.ts";
import { type Candidate, type CandidateNote, NOTES_IN_STACK } from "./candidate.ts";
import { clamp } from "./chance.ts";

/** What one note left open, counted, with its first lines. */
export interface OpenNote {
  noteId: string;
  todos: number;
  questions: number;
  /** Begun and left: a title and next to nothing, from somebody who writes more. */
  isStub: boolean;
  /** The first of what is open, as the note has it. */
  first: string[];
}

/** What is older was given up, or lives elsewhere. */
export const UNFINISHED_DAYS = 180;
/** A to-do of yesterday is not unfinished, it is planned. */
const SETTLED_DAYS = 3;
/** A theme lives when something was written in it lately. */
const LIVING_DAYS = 30;

const CLEAR = { todos: 2, score: 3 };
const HOLDS = { todos: 1, score: 1.5 };
/**
 * Questions alone make a stack where there are many, in several notes. A note of more than a few asks for the sake of
 * asking: a checklist, the questions of a lecture.
 */
const MANY_QUESTIONS = { questions: 6, notes: 3, mostInOne: 3 };

/** Open to-dos, questions and stubs in themes that live. */
export function detectUnfinished(account: Account, open: readonly OpenNote[]): Candidate[] {
  const { today } = account;
  const openById = new Map(open.map((note) => [note.noteId, note]));
  const themes = new Map<string, { latest: number; notes: AccountNote[] }>();
  for (const note of account.notes) {
    if (note.topicId === null || note.writtenOn > today) continue;
    const theme = themes.get(note.topicId) ?? { latest: Number.NEGATIVE_INFINITY, notes: [] };
    if (countsAsActivity(account, note) && !note.isLoose)
      theme.latest = Math.max(theme.latest, note.writtenOn);
    const isSettled = note.editedOn <= today - SETTLED_DAYS;
    if (isSettled && note.writtenOn >= today - UNFINISHED_DAYS && openById.has(note.id))
      theme.notes.push(note);
    themes.set(note.topicId, theme);
  }

  return [...themes].flatMap(([topicId, { latest, notes }]): Candidate[] => {
    if (notes.length === 0 || latest < today - LIVING_DAYS) return [];
    const openNotes = notes.sort(byDay).map((note) => ({ note, ...openById.get(note.id)! }));
    const sum = (of: (note: OpenNote) => number) => openNotes.reduce((total, note) => total + of(note), 0);
    const [todos, questions, stubs] = [
      sum((note) => note.todos),
      sum((note) => note.questions),
      sum((note) => (note.isStub ? 1 : 0)),
    ];
    const asking = openNotes.filter(
      (note) => note.questions > 0 && note.questions <= MANY_QUESTIONS.mostInOne,
    );
    const asked = asking.reduce((total, note) => total + note.questions, 0);
    const score = todos + (questions + stubs) / 2;
    const reaches = (level: typeof CLEAR) =>
      (todos >= level.todos && score >= level.score) ||
      (asked >= MANY_QUESTIONS.questions && asking.length >= MANY_QUESTIONS.notes);
    if (!reaches(HOLDS)) return [];
    // What was left last is taken up soonest: of a list of May that is still open the reader knows.
    const newestFirst = openNotes.toSorted(
      (a, b) => Math.min(1, b.todos) - Math.min(1, a.todos) || byDay(b.note, a.note),
    );
    return [
      {
        kind: "unfinished",
        topicId,
        facts: {
          kind: "unfinished",
          from: dateOfDay(today - UNFINISHED_DAYS),
          to: dateOfDay(today),
          todos,
          questions,
          stubs,
          oldest: dateOfDay(openNotes[0]!.note.writtenOn),
          noteIds: openNotes.map(({ noteId }) => noteId),
        },
        notes: newestFirst.slice(0, NOTES_IN_STACK).map(
          ({ noteId, first }): CandidateNote => ({
            id: noteId,
            ...(first.length === 0 ? {} : { remark: first.join("; ") }),
          }),
        ),
        size: openNotes.length,
        strength: clamp(Math.log2(1 + score) / 6),
        confidence: clamp(todos / 5),
        latestDay: latest,
        isClear: reaches(CLEAR),
      },
    ];
  });
}
