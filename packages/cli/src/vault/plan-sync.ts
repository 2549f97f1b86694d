import { blankTextHash, type SourceNote, type SourceProblem, sha256 } from "./source-note.ts";

export type SourceKind = "folder" | "jsonl";

/** A note that earlier syncs of this source stored. */
export interface KnownNote {
  noteId: string;
  userId: string;
  key: string;
  contentHash: string;
  textHash: string;
  /** Its file was already gone at an earlier sync; the note may still be there until it is purged. */
  isRemoved?: boolean;
}

/** What planning needs of a note that is in the source now. */
export type CurrentNote = Pick<SourceNote, "key" | "userId" | "contentHash" | "textHash">;

export interface PlannedNote<T> {
  noteId: string;
  userId: string;
  note: T;
}

/** Every current note is in one of add, change, move and unchanged; no id occurs twice. */
export interface SyncPlan<T> {
  add: PlannedNote<T>[];
  /** Same key, other content; also a removed note that came back. */
  change: PlannedNote<T>[];
  /** Another key, same note; `isChanged` when title, dates or tags differ as well, as after most renames. */
  move: (PlannedNote<T> & { from: string; isChanged: boolean })[];
  remove: KnownNote[];
  unchanged: PlannedNote<T>[];
  /** Not seen, but a problem hides where they would be: they stay as they are. */
  kept: KnownNote[];
}

export interface PlanSyncInput<T extends CurrentNote> {
  sourceId: string;
  /** The keys of a folder are paths, which change when a note is moved; those of a JSONL file are ids, which don't. */
  kind: SourceKind;
  /** Whose the notes are that name no user themselves. */
  userId: string;
  known: readonly KnownNote[];
  current: readonly T[];
  problems?: readonly SourceProblem[];
}

/**
 * What has to happen so that the notes stored for one source are those that it holds now. Pure, and the same
 * whatever order `known` and `current` come in. Users are planned apart: no note ever passes from one to another.
 *
 * In a folder, a note whose key is gone is the same note under a new key, in this order of preference, when
 * 1. the keys differ in case or Unicode form only;
 * 2. text and file name are the same: it went to another folder;
 * 3. the text is the same and not blank: it was renamed.
 * Several candidates pair off in order of key, notes that were still there at the last sync first.
 *
 * Throws when two current notes of one user have the same key: both readers rule it out.
 */
export function planSync<T extends CurrentNote>(input: PlanSyncInput<T>): SyncPlan<T> {
  const plan: SyncPlan<T> = { add: [], change: [], move: [], remove: [], unchanged: [], kept: [] };
  const currentByUser = Map.groupBy(input.current, (note) => note.userId ?? input.userId);
  const knownByUser = Map.groupBy(input.known, (note) => note.userId);
  for (const userId of [...new Set([...currentByUser.keys(), ...knownByUser.keys()])].sort()) {
    planUser(plan, input, userId, knownByUser.get(userId) ?? [], currentByUser.get(userId) ?? []);
  }
  return plan;
}

/** The same folder or file has the same id in every home, so a fresh start gives every note the id it had. */
export function deriveSourceId(kind: SourceKind, realPath: string): string {
  return sha256(JSON.stringify(["source", kind, realPath.normalize("NFC")])).slice(0, 24);
}

/**
 * The id of a new note: from source, user and key, so that two sources with one relative path stay apart. `isTaken`
 * tells of ids in use: after a.md was renamed, a new a.md finds the first one taken and gets the next.
 */
export function deriveNoteId(
  sourceId: string,
  userId: string,
  key: string,
  isTaken: (id: string) => boolean,
): string {
  for (let turn = 0; ; turn++) {
    const id = sha256(JSON.stringify(["note", sourceId, userId, key, turn])).slice(0, 24);
    if (!isTaken(id)) return id;
  }
}

function planUser<T extends CurrentNote>(
  plan: SyncPlan<T>,
  { sourceId, kind, userId: owner, problems = [] }: PlanSyncInput<T>,
  userId: string,
  known: KnownNote[],
  current: T[],
): void {
  const isOwn = ({ key, userId: whose = owner }: SourceProblem) => whose === userId || key === undefined;
  const isHidden = hiddenKeys(kind, problems.filter(isOwn));
  const ids = new Set(known.map(({ noteId }) => noteId));
  // A key can be known twice: removed earlier, then taken by another note. The living one comes first.
  const knownByKey = new Map<string, KnownNote>();
  const ordered = known.toSorted((a, b) => compareKnown(a, b));
  for (const note of ordered) if (!knownByKey.has(note.key)) knownByKey.set(note.key, note);

  const matched = new Set<KnownNote>();
  const fresh: T[] = [];
  const seen = new Set<string>();
  for (const note of current.toSorted((a, b) => compareText(a.key, b.key))) {
    if (seen.has(note.key)) throw new TypeError("two notes of one user have the same key");
    seen.add(note.key);
    const match = knownByKey.get(note.key);
    if (match === undefined) {
      fresh.push(note);
      continue;
    }
    matched.add(match);
    const isSame = match.contentHash === note.contentHash && match.isRemoved !== true;
    plan[isSame ? "unchanged" : "change"].push({ noteId: match.noteId, userId, note });
  }

  const gone: KnownNote[] = [];
  for (const note of ordered) {
    if (matched.has(note)) continue;
    if (isHidden(note.key) && note.isRemoved !== true) plan.kept.push(note);
    else gone.push(note);
  }
  const { moves, left, stillFresh } = findMoves(kind, gone, fresh);
  for (const { from, note } of moves) {
    const isChanged = from.contentHash !== note.contentHash || from.isRemoved === true;
    plan.move.push({ noteId: from.noteId, userId, note, from: from.key, isChanged });
  }
  for (const note of stillFresh) {
    const noteId = deriveNoteId(sourceId, userId, note.key, (id) => ids.has(id));
    ids.add(noteId);
    plan.add.push({ noteId, userId, note });
  }
  plan.remove.push(...left.filter((note) => note.isRemoved !== true));
}

function findMoves<T extends CurrentNote>(kind: SourceKind, gone: KnownNote[], fresh: T[]) {
  const moves: { from: KnownNote; note: T }[] = [];
  let left = gone;
  let stillFresh = fresh;
  if (kind === "jsonl") return { moves, left, stillFresh };
  const signatures: ((note: KnownNote | T) => string | undefined)[] = [
    (note) => folded(note.key),
    (note) => JSON.stringify([note.textHash, folded(note.key.slice(note.key.lastIndexOf("/") + 1))]),
    // Blank notes are all alike: one that is gone says nothing about another that is new.
    (note) => (note.textHash === blankTextHash ? undefined : note.textHash),
  ];
  for (const signature of signatures) {
    const candidates = Map.groupBy(left, signature);
    const taken = new Set<KnownNote>();
    stillFresh = stillFresh.filter((note) => {
      const sign = signature(note);
      const from = sign === undefined ? undefined : candidates.get(sign)?.shift();
      if (from === undefined) return true;
      taken.add(from);
      moves.push({ from, note });
      return false;
    });
    left = left.filter((note) => !taken.has(note));
  }
  return { moves, left, stillFresh };
}

/** Whether a problem stands where the note of a key would be. */
function hiddenKeys(kind: SourceKind, problems: readonly SourceProblem[]): (key: string) => boolean {
  const unknown = problems.filter(({ isUnknown }) => isUnknown);
  const keys = new Set<string>();
  const folders: string[] = [];
  for (const { key } of unknown) {
    if (key === undefined) return () => true;
    if (kind === "jsonl") keys.add(key);
    else if (key.endsWith("/")) folders.push(folded(key));
    else keys.add(folded(key));
  }
  return (key) => {
    const name = kind === "jsonl" ? key : folded(key);
    return keys.has(name) || folders.some((folder) => name.startsWith(folder));
  };
}

function compareKnown(a: KnownNote, b: KnownNote): number {
  return (
    Number(a.isRemoved === true) - Number(b.isRemoved === true) ||
    compareText(a.key, b.key) ||
    compareText(a.noteId, b.noteId)
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function folded(key: string): string {
  return key.normalize("NFC").toLowerCase();
}
