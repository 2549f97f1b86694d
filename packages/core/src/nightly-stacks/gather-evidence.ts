import { asUser, type UserTransaction } from "@noctuary/db/access";
import { userSettings, userState } from "@noctuary/db/account/account";
import { clustersOf } from "@noctuary/db/clusters/cluster";
import { type Stack, stacksOf, staleStackNotes, titleDrafts } from "@noctuary/db/stacks/stack";
import { bereftTopics, datedNotes, notesById, topicChanges } from "@noctuary/db/stacks/stack-evidence";
import { budgetLeftUsd } from "../budget/purse.ts";
import type { Context } from "../context.ts";
import { knownTimeZone, localDays } from "../local-date.ts";
import type { Account } from "../smart-stacks/account.ts";
import { type OpenNote, UNFINISHED_DAYS } from "../smart-stacks/detect-unfinished.ts";
import { importDays } from "../smart-stacks/import-days.ts";
import { openItems } from "../smart-stacks/open-items.ts";
import type { Evidence } from "../smart-stacks/run-detectors.ts";
import { STUB_WORDS, stubs, wordsForStubs } from "../smart-stacks/stubs.ts";
import { type ComparedText, comparedText } from "../smart-stacks/text-likeness.ts";
import { originsOf } from "../smart-stacks/topic-origins.ts";
import { compareVectors } from "./compare-vectors.ts";
import { linksBetween } from "./links-between.ts";

export interface Gathered {
  version: number;
  evidence: Evidence;
  aiEnabled: boolean;
  timeZone: string;
  /** Living stacks, dismissed ones, and those that went not long ago. */
  last: Stack[];
  topics: Map<string, { name: string; keyphrases: string[] }>;
  /** Titles that a model worded for a night that had to begin again, by what they were worded from. */
  titleDrafts: Map<string, string | null>;
  /** Notes that stacks rest on and that may not be shown any more. */
  stale: string[];
  /** Dollars that may still be used for this user's titles this month. */
  leftUsd: number;
  /** Notes that came in at once, and so count as no activity. */
  importedNotes: number;
}

/** So long a topic that split from another one is its branch. */
const SPLIT_MS = 60 * 86_400_000;
/** How far back a stack that went is still the one that comes back. */
const RETIRED_MS = 21 * 86_400_000;
const ITEMS_SHOWN = 2;

/** Everything that tonight's stacks are decided by, read in one transaction, a page at a time. */
export async function gatherEvidence(
  context: Pick<Context, "db" | "embedder" | "budgets">,
  userId: string,
  asOf: Date,
): Promise<Gathered> {
  return asUser(context.db, userId, async (tx) => {
    const { version } = await userState(tx, userId);
    const { aiEnabled, timeZone: wished } = await userSettings(tx, userId);
    const timeZone = knownTimeZone(wished);
    const last = await stacksOf(tx, userId, { retiredSince: new Date(asOf.getTime() - RETIRED_MS) });
    const bereft = await bereftTopics(tx, userId);
    const living = (await clustersOf(tx, userId)).filter((cluster) => cluster.level === "topic");
    const topics = new Map(
      // A name may hold words of a note that was excluded after the clusters were named.
      living.map(({ id, name, keyphrases }) => [
        id,
        bereft.has(id) ? { name: "", keyphrases: [] } : { name, keyphrases },
      ]),
    );
    const account = aiEnabled
      ? await accountOf(tx, userId, { asOf, timeZone, topics: new Set(topics.keys()) })
      : { today: localDays(timeZone)(asOf), notes: [], topics: [], importDays: new Set<number>() };
    const { echoes, closePairs } = await compareVectors(tx, context.embedder, userId, account);
    const evidence: Evidence = {
      account,
      open: await openNotes(tx, userId, account),
      echoes: { ...echoes, linked: await linksBetween(tx, userId, account, echoes.found) },
      closePairs,
      texts: await textsOf(tx, userId, closePairs),
    };
    return {
      version,
      evidence,
      aiEnabled,
      timeZone,
      last,
      topics,
      titleDrafts: await titleDrafts(tx, userId),
      stale: await staleStackNotes(tx, userId),
      leftUsd: await budgetLeftUsd(tx, context.budgets, userId, "words"),
      importedNotes: account.notes.filter((note) => account.importDays.has(note.writtenOn)).length,
    };
  });
}

async function accountOf(
  tx: UserTransaction,
  userId: string,
  { asOf, timeZone, topics }: { asOf: Date; timeZone: string; topics: ReadonlySet<string> },
): Promise<Account> {
  const dayOf = localDays(timeZone);
  const notes = (await datedNotes(tx, userId)).map((note) => ({
    id: note.id,
    title: note.title,
    writtenOn: dayOf(note.createdAt),
    editedOn: dayOf(note.updatedAt),
    topicId: note.clusterId !== null && topics.has(note.clusterId) ? note.clusterId : null,
    isLoose: note.loose,
  }));
  const origins = originsOf(await topicChanges(tx, userId, new Date(asOf.getTime() - SPLIT_MS)));
  return {
    today: dayOf(asOf),
    notes,
    topics: [...topics].map((id) => ({ id, splitFrom: origins.get(id) ?? null })),
    importDays: importDays(notes.map(({ writtenOn }) => writtenOn)),
  };
}

/** Reads the newer notes for what they left open. */
async function openNotes(
  tx: UserTransaction,
  userId: string,
  { notes, today }: Account,
): Promise<OpenNote[]> {
  const newer = notes.filter(
    ({ writtenOn, topicId }) =>
      topicId !== null && writtenOn <= today && writtenOn >= today - UNFINISHED_DAYS,
  );
  const found: (OpenNote & { words: number })[] = [];
  const lengths: number[] = [];
  const ids = newer.map(({ id }) => id);
  for await (const page of notesById(tx, userId, ids)) {
    for (const { id, body } of page) {
      const { todos, questions } = openItems(body);
      const words = wordsForStubs(body);
      lengths.push(words);
      if (todos.length + questions.length === 0 && words >= STUB_WORDS) continue;
      const first = [...todos, ...questions].slice(0, ITEMS_SHOWN);
      found.push({
        noteId: id,
        todos: todos.length,
        questions: questions.length,
        isStub: false,
        first,
        words,
      });
    }
  }
  const isStub = stubs(lengths);
  return found
    .map(({ words, ...note }) => ({ ...note, isStub: isStub(words) }))
    .filter((note) => note.todos + note.questions > 0 || note.isStub)
    .sort((a, b) => (a.noteId < b.noteId ? -1 : 1));
}

async function textsOf(
  tx: UserTransaction,
  userId: string,
  pairs: readonly (readonly [string, string])[],
): Promise<Map<string, ComparedText>> {
  const texts = new Map<string, ComparedText>();
  for await (const page of notesById(tx, userId, [...new Set(pairs.flat())])) {
    for (const note of page) texts.set(note.id, comparedText(note));
  }
  return texts;
}
