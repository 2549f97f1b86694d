import type { DayNumber } from "../local-date.ts";

/** One user's notes as the detectors see them: plain data, days in the user's own time zone. */
export interface Account {
  /** The local day of the night: windows are counted back from it. */
  today: DayNumber;
  /** In the order of their ids. */
  notes: AccountNote[];
  /** Living topics. */
  topics: AccountTopic[];
  /** Days on which so much came in at once that it was an import, and no activity. */
  importDays: ReadonlySet<DayNumber>;
}

export interface AccountNote {
  id: string;
  title: string;
  writtenOn: DayNumber;
  editedOn: DayNumber;
  topicId: string | null;
  /** Weakly attached to its topic: it says nothing about what happens there. */
  isLoose: boolean;
}

export interface AccountTopic {
  id: string;
  /** The topic that it lately split from; null where it did not. */
  splitFrom: string | null;
}

/** Each topic with the notes that count as activity in it, the oldest first. */
export function activityByTopic(account: Account): Map<string, AccountNote[]> {
  const byTopic = new Map<string, AccountNote[]>(account.topics.map(({ id }) => [id, []]));
  for (const note of account.notes) {
    if (note.topicId !== null && !note.isLoose && countsAsActivity(account, note)) {
      byTopic.get(note.topicId)?.push(note);
    }
  }
  for (const notes of byTopic.values()) notes.sort(byDay);
  return byTopic;
}

/** Not what an import brought in, and not what a clock that runs ahead has dated after tonight. */
export function countsAsActivity({ today, importDays }: Account, { writtenOn }: AccountNote): boolean {
  return writtenOn <= today && !importDays.has(writtenOn);
}

export function byDay(a: AccountNote, b: AccountNote): number {
  return a.writtenOn - b.writtenOn || (a.id < b.id ? -1 : 1);
}

/** Notes written in [from, to], both included. */
export function writtenBetween(notes: readonly AccountNote[], from: DayNumber, to: DayNumber): AccountNote[] {
  return notes.filter(({ writtenOn }) => from <= writtenOn && writtenOn <= to);
}

/** The first day of the account that counts as activity; null where there is none. */
export function firstActiveDay(account: Account): DayNumber | null {
  let first: DayNumber | null = null;
  for (const note of account.notes) {
    if (countsAsActivity(account, note) && (first === null || note.writtenOn < first)) first = note.writtenOn;
  }
  return first;
}
