import { dayNumberOf } from "../local-date.ts";
import { type Account, countsAsActivity } from "./account.ts";
import type { Facts } from "./facts.ts";
import { openItems } from "./open-items.ts";
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
  const ids = (notes: readonly { id: string }[]) => notes.map(({ id }) => id).sort();
  const days = (notes: readonly { writtenOn: number }[]) =>
    new Set(notes.map(({ writtenOn }) => writtenOn)).size;

  switch (facts.kind) {
    case "momentum": {
      const recent = within(facts.from, facts.to);
      const before = within(facts.beforeFrom, facts.beforeTo).length;
      const span = dayNumberOf(facts.to) - dayNumberOf(facts.from);
      const spanBefore = dayNumberOf(facts.beforeTo) - dayNumberOf(facts.beforeFrom) + 1;
      expect("noteIds", facts.noteIds.toSorted(), ids(recent));
      expect("notes", facts.notes, recent.length);
      expect("days", facts.days, days(recent));
      expect("notesBefore", facts.notesBefore, before);
      expect("usual", facts.usual.toFixed(6), ((before * span) / spanBefore).toFixed(6));
      break;
    }
    case "recurring": {
      const recent = within(facts.from, facts.to);
      const end = dayNumberOf(facts.to);
      const weeksAgo = active.map(({ writtenOn }) => Math.floor((end - writtenOn) / 7));
      const weeks = (from: number, to: number) =>
        new Set(weeksAgo.filter((week) => week >= from && week < to)).size;
      expect("noteIds", facts.noteIds.toSorted(), ids(recent));
      expect("ofWeeks", facts.ofWeeks * 7, end - dayNumberOf(facts.from) + 1);
      expect("weeks", facts.weeks, weeks(0, facts.ofWeeks));
      expect("weeksBefore", facts.weeksBefore, weeks(facts.ofWeeks, facts.ofWeeks + facts.ofWeeksBefore));
      break;
    }
    case "new-theme": {
      const recent = within(facts.from, facts.to);
      expect("noteIds", facts.noteIds.toSorted(), ids(recent));
      expect("notes", facts.notes, recent.length);
      expect("days", facts.days, days(recent));
      expect("older", facts.older, inTopic.length - recent.length);
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
      break;
    }
    case "resurface": {
      const writtenOn = new Map(account.notes.map((note) => [note.id, note.writtenOn]));
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
