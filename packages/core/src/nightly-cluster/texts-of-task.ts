import { asUser } from "@noctuary/db/access";
import { vectorsByHash } from "@noctuary/db/notes/note-embedding";
import { type NoteText, type TextRow, textsToEmbed } from "@noctuary/db/notes/notes-to-embed";
import type { Context } from "../context.ts";
import type { EmbedPayload } from "./steps.ts";

/** A note without its text. */
export type NoteVersion = Pick<NoteText, "id" | "contentHash" | "updatedAt">;

/** A text that waits for its vector, and the notes that hold it: what comes once is asked for once. */
export interface WaitingText {
  contentHash: string;
  text: string;
  notes: NoteVersion[];
}

/** Texts that are read, and whose vectors are not saved yet, by content hash. */
export type WaitingTexts = Map<string, WaitingText>;

/** A page of a task's notes. */
export interface PageOfTexts {
  /** What nobody waits for yet; these are among the waiting texts now. */
  texts: WaitingText[];
  /** Notes of texts that this user has a vector for already. */
  stored: { notes: NoteVersion[]; vectorOf: Map<string, Float32Array> };
  empty: NoteVersion[];
}

/**
 * Reads what a task still has to embed, page by page; after the first one, as long as `mayGoOn` says so. The next page is
 * read while one is counted and asked for.
 */
export async function* textsOfTask(
  { db, embedder, limits }: Pick<Context, "db" | "embedder" | "limits">,
  userId: string,
  payload: EmbedPayload,
  {
    againSince,
    waiting,
    mayGoOn,
    taskId,
    ahead,
  }: {
    againSince: Date | null;
    waiting: WaitingTexts;
    mayGoOn: () => boolean;
    taskId: string;
    /** The first page's texts, where they came along with the claim. */
    ahead: TextRow[] | null;
  },
): AsyncGenerator<PageOfTexts> {
  /** Hashes of earlier pages, whose vectors this task has stored or will. */
  const met = new Set<string>();
  let hadVectors = false;
  const readAfter = async (afterId: string) => {
    const { notes, mayBeStored } = await textsToEmbed(db, embedder, userId, {
      asked: payload,
      afterId,
      maxNotes: limits.embedPageNotes,
      maxBytes: limits.embedPageBytes,
      rehash: "noteIds" in payload || payload.rehash === true,
      againSince,
      besideTask: taskId,
      ahead: afterId === "" ? ahead : null,
    });
    if (afterId === "") hadVectors = mayBeStored;
    const lastId = notes.at(-1)?.id;
    if (lastId === undefined) return null;
    const empty = notes.filter(isEmpty);
    const others = notes.filter((note) => !isEmpty(note) && !joinsWaiting(note, waiting));
    // Asked after those that wait were looked at: what is waited for no more is stored by now, and found here. Of a user
    // who had no vectors only what this task has met, or others store, can be: the search reads all rows of the user
    // where the planner knows nothing of a new table.
    const mayFind = (hash: string) => againSince === null && (hadVectors || mayBeStored || met.has(hash));
    const hashes = [...new Set(others.map((note) => note.contentHash).filter(mayFind))];
    for (const { contentHash } of others) met.add(contentHash);
    const vectorOf =
      hashes.length === 0
        ? new Map<string, Float32Array>()
        : await asUser(db, userId, (tx) => vectorsByHash(tx, embedder, userId, hashes));
    return { lastId, empty, others, vectorOf };
  };
  let reading: ReturnType<typeof readAfter> | null = readAfter("");
  try {
    while (reading !== null) {
      const page = await reading;
      reading = null;
      if (page === null) return;
      const { lastId, empty, others, vectorOf } = page;
      const texts: WaitingText[] = [];
      for (const note of others) {
        if (vectorOf.has(note.contentHash) || joinsWaiting(note, waiting)) continue;
        const { contentHash, title, body } = note;
        const text = { contentHash, text: `${title}\n\n${body}`, notes: [versionOf(note)] };
        waiting.set(contentHash, text);
        texts.push(text);
      }
      if (!("lastId" in payload && lastId === payload.lastId) && mayGoOn()) {
        reading = readAfter(lastId);
        reading.catch(() => {}); // thrown where it is waited for, or whoever asked for pages has gone
      }
      yield {
        texts,
        stored: { notes: others.filter((note) => vectorOf.has(note.contentHash)).map(versionOf), vectorOf },
        empty: empty.map(versionOf),
      };
    }
  } finally {
    await reading?.catch(() => {});
  }
}

function joinsWaiting(note: NoteText, waiting: WaitingTexts): boolean {
  const known = waiting.get(note.contentHash);
  known?.notes.push(versionOf(note));
  return known !== undefined;
}

function isEmpty({ title, body }: NoteText): boolean {
  return title.trim() === "" && body.trim() === "";
}

function versionOf({ id, contentHash, updatedAt }: NoteText): NoteVersion {
  return { id, contentHash, updatedAt };
}
