import { dayNumberOf } from "../local-date.ts";
import { type Account, countsAsActivity } from "./account.ts";
import { RESURFACE } from "./detect-resurface.ts";
import type { Facts } from "./facts.ts";
import { notesToCompare } from "./notes-to-compare.ts";
import { openItems } from "./open-items.ts";
import { stubs, wordsForStubs } from "./stubs.ts";
import { comparedText, sharedWords } from "./text-likeness.ts";

/** What a check needs from the database again: the notes with their places, and texts and similarities by note id. */
export interface Evidence {
  account: Account;
  textOf: (noteId: string) => { title: string; body: string } | undefined;
  similarityOf: (a: string, b: string) => number | undefined;
}

/**
 * Computes every fact of a stack again from the user's notes and names those that are not so. Counts are made here by
 * other means than the detectors', so that one mistake is not made twice.
 */
export function wrongFacts(facts: Facts, topicId: string | null, evidence: Evidence): string[] {
  const wrong: string[] = [];
  const expect = (name: string, stored: unknown, found: unknown) => {
    if (JSON.stringify(stored) !== JSON.stringify(found)) wrong.push(name);
  };
  const { account, textOf, similarityOf } = evidence;
  const inTopic = account.notes.filter((note) => note.topicId === topicId && !note.isLoose);
  const active = inTopic.filter((note) => countsAsActivity(account, note));
  const within = (from: string, to: string) => {
    const [first, last] = [dayNumberOf(from), dayNumberOf(to)];
    return active.filter(({ writtenOn }) => writtenOn >= first && writtenOn <= last);
  };
  const activeDays = account.notes
    .filter((note) => countsAsActivity(account, note))
    .map((note) => note.writtenOn);
  const firstActive = activeDays.reduce((first, day) => Math.min(first, day), Number.POSITIVE_INFINITY);
  const ids = (notes: readonly { id: string }[]) => notes.map(({ id }) => id).sort();
  const days = (notes: readonly { writtenOn: number }[]) =>
    new Set(notes.map(({ writtenOn }) => writtenOn)).size;

  const span = (name: string, last: string, first: string, days: number) =>
    expect(name, dayNumberOf(last) - dayNumberOf(first), days);

  switch (facts.kind) {
    case "momentum": {
      span("from", facts.to, facts.from, 14);
      span("beforeTo", facts.from, facts.beforeTo, 1);
      expect(
        "beforeFrom",
        dayNumberOf(facts.beforeFrom),
        Math.max(firstActive, dayNumberOf(facts.from) - 182),
      );
      const recent = within(facts.from, facts.to);
      const before = within(facts.beforeFrom, facts.beforeTo).length;
      const spanBefore = dayNumberOf(facts.beforeTo) - dayNumberOf(facts.beforeFrom) + 1;
      expect("noteIds", facts.noteIds.toSorted(), ids(recent));
      expect("notes", facts.notes, recent.length);
      expect("days", facts.days, days(recent));
      expect("notesBefore", facts.notesBefore, before);
      expect("usual", facts.usual.toFixed(6), ((before * 14) / spanBefore).toFixed(6));
      break;
    }
    case "recurring": {
      const recent = within(facts.from, facts.to);
      const end = dayNumberOf(facts.to);
      const weeksAgo = active.map(({ writtenOn }) => Math.floor((end - writtenOn) / 7));
      const weeks = (from: number, to: number) =>
        new Set(weeksAgo.filter((week) => week >= from && week < to)).size;
      expect("noteIds", facts.noteIds.toSorted(), ids(recent));
      const from = dayNumberOf(facts.from);
      expect("to", end, account.today);
      expect("ofWeeks", facts.ofWeeks * 7, end - from + 1);
      expect("ofWeeksBefore", facts.ofWeeksBefore, Math.min(26, Math.floor((from - firstActive) / 7)));
      expect("weeks", facts.weeks, weeks(0, facts.ofWeeks));
      expect("weeksBefore", facts.weeksBefore, weeks(facts.ofWeeks, facts.ofWeeks + facts.ofWeeksBefore));
      break;
    }
    case "new-theme": {
      const recent = within(facts.from, facts.to);
      expect("to", dayNumberOf(facts.to), account.today);
      expect("from", dayNumberOf(facts.from), Math.min(...recent.map(({ writtenOn }) => writtenOn)));
      expect("noteIds", facts.noteIds.toSorted(), ids(recent));
      expect("notes", facts.notes, recent.length);
      expect("days", facts.days, days(recent));
      expect("older", facts.older, inTopic.length - recent.length);
      expect(
        "splitFrom",
        facts.splitFrom ?? null,
        account.topics.find(({ id }) => id === topicId)?.splitFrom ?? null,
      );
      break;
    }
    case "unfinished": {
      const open = facts.noteIds.map((id) => openItems(textOf(id)?.body ?? ""));
      const dates = account.notes
        .filter(({ id }) => facts.noteIds.includes(id))
        .map((note) => note.writtenOn);
      expect(
        "todos",
        facts.todos,
        open.reduce((sum, { todos }) => sum + todos.length, 0),
      );
      expect(
        "questions",
        facts.questions,
        open.reduce((sum, { questions }) => sum + questions.length, 0),
      );
      expect("oldest", dayNumberOf(facts.oldest), Math.min(...dates));
      span("from", facts.to, facts.from, 180);
      expect("to", dayNumberOf(facts.to), account.today);
      const newer = account.notes.filter(
        ({ topicId: of, writtenOn }) =>
          of !== null && writtenOn <= account.today && writtenOn >= account.today - 180,
      );
      const wordsOf = (id: string) => wordsForStubs(textOf(id)?.body ?? "");
      const isStub = stubs(newer.map(({ id }) => wordsOf(id)));
      expect("stubs", facts.stubs, facts.noteIds.filter((id) => isStub(wordsOf(id))).length);
      const left = newer.filter(({ id, topicId: of, editedOn }) => {
        const { todos, questions } = openItems(textOf(id)?.body ?? "");
        const isOpen = todos.length + questions.length > 0 || isStub(wordsOf(id));
        return of === topicId && editedOn <= account.today - 3 && isOpen;
      });
      expect("noteIds", facts.noteIds.toSorted(), ids(left));
      break;
    }
    case "resurface": {
      const writtenOn = new Map(account.notes.map((note) => [note.id, note.writtenOn]));
      span("from", facts.to, facts.from, 7);
      expect("to", dayNumberOf(facts.to), account.today);
      expect("usual", facts.usual.toFixed(2), usualSimilarity(account, similarityOf)?.toFixed(2));
      for (const echo of facts.echoes) {
        const similarity = similarityOf(echo.oldId, echo.newId);
        expect(`similarity of ${echo.oldId}`, echo.similarity.toFixed(2), similarity?.toFixed(2));
        expect(`date of ${echo.oldId}`, dayNumberOf(echo.writtenOn), writtenOn.get(echo.oldId));
      }
      break;
    }
    case "near-duplicates": {
      const texts = facts.words.map(({ noteId }) => comparedText(textOf(noteId) ?? { title: "", body: "" }));
      expect(
        "words",
        facts.words.map(({ words }) => words),
        texts.map(({ words }) => words.length),
      );
      expect("sharedWords", facts.sharedWords, sharedWords(texts));
      expect("titlesDiffer", facts.titlesDiffer, new Set(texts.map(({ title }) => title)).size > 1);
    }
  }
  return wrong;
}

/** The median of how close the closest old note was to notes of the months before, by comparing all pairs. */
function usualSimilarity(account: Account, similarityOf: Evidence["similarityOf"]): number | undefined {
  const grouped = account.notes.filter(({ topicId }) => topicId !== null);
  const closest = notesToCompare(account).before.flatMap((note) => {
    const old = grouped.filter(({ writtenOn }) => writtenOn < note.writtenOn - RESURFACE.oldDays);
    const near = old.flatMap(({ id }) => similarityOf(note.id, id) ?? []);
    return near.length === 0 ? [] : [Math.max(...near)];
  });
  const sorted = closest.sort((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
