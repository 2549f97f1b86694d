import { realpath, stat } from "node:fs/promises";
import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { attachmentOf } from "@noctuary/db/notes/attachment";
import {
  removeSyncedNotes,
  type SyncedNote,
  saveSource,
  saveSyncedNotes,
  sourceNotes,
  usersOfSource,
} from "@noctuary/db/notes/source";
import { UsageError } from "./exit.ts";
import type { Session } from "./session.ts";
import {
  deriveSourceId,
  type KnownNote,
  type PlannedNote,
  planSync,
  type SourceKind,
} from "./vault/plan-sync.ts";
import { readFolder } from "./vault/read-folder.ts";
import { readJsonl } from "./vault/read-jsonl.ts";
import {
  describeFailure,
  SourceError,
  type SourceItem,
  type SourceNote,
  type SourceProblem,
} from "./vault/source-note.ts";

export interface SyncRequest {
  path: string;
  /** Whose notes they are, where a line does not say so itself. */
  userId: string;
  /** Leaves out notes written after this moment: a replay sees the source as it was then. */
  writtenUntil?: Date;
  /** What the source is known by, where its place on this machine should not tell: the ids of its notes follow from it. */
  identity?: string;
  /** Whether times of files say when a note was changed; those of a fresh clone do not. Default: yes. */
  trustsFileTimes?: boolean;
  onProgress?: (notesRead: number) => void;
}

export interface SyncResult {
  sourceId: string;
  path: string;
  kind: SourceKind;
  users: string[];
  added: number;
  changed: number;
  moved: number;
  removed: number;
  unchanged: number;
  /** Could not be read now and stay as they are. */
  kept: number;
  excluded: number;
  problems: SourceProblem[];
}

/** Notes written in one transaction: small enough that others get their turn. */
const PAGE = 500;

/**
 * Makes the stored notes of one source what the source holds now. Only that source's notes are touched, and each
 * user's only by that user's own transaction.
 *
 * @throws {SourceError} when the path is neither a readable folder nor a .jsonl file
 */
export async function syncSource({ db }: Pick<Session, "db">, request: SyncRequest): Promise<SyncResult> {
  await refuseBesideApp(db);
  const { path, kind } = await resolveSource(request.path);
  const sourceId = deriveSourceId(kind, request.identity ?? path);
  const { notes, problems } = await readAll(itemsOf(path, kind, request), request);
  const plan = planSync({
    sourceId,
    kind,
    userId: request.userId,
    known: await knownNotes(db, sourceId),
    current: notes,
    problems,
  });
  const toWrite = Map.groupBy([...plan.add, ...plan.change, ...plan.move], (planned) => planned.userId);
  const toRemove = Map.groupBy(plan.remove, (note) => note.userId);
  const users = new Set([...toWrite.keys(), ...toRemove.keys(), ...plan.unchanged.map((n) => n.userId)]);
  for (const userId of users) {
    const written = toWrite.get(userId) ?? [];
    for (let i = 0; i < written.length; i += PAGE) {
      const page = written.slice(i, i + PAGE).map(toSyncedNote);
      await asUser(db, userId, (tx) => saveSyncedNotes(tx, userId, sourceId, page));
    }
    const removed = toRemove.get(userId) ?? [];
    await asUser(db, userId, async (tx) => {
      await saveSource(tx, userId, { id: sourceId, kind, path });
      await removeSyncedNotes(
        tx,
        userId,
        sourceId,
        removed.map((note) => note.noteId),
      );
      await audit(tx, {
        userId,
        actor: "sync",
        action: "notes synced",
        counts: { written: written.length, removed: removed.length },
      });
    });
  }
  return {
    sourceId,
    path,
    kind,
    users: [...users].sort(),
    added: plan.add.length,
    changed: plan.change.length,
    moved: plan.move.length,
    removed: plan.remove.length,
    unchanged: plan.unchanged.length,
    kept: plan.kept.length,
    excluded: notes.filter((note) => note.aiExcluded).length,
    problems,
  };
}

async function resolveSource(path: string): Promise<{ path: string; kind: SourceKind }> {
  let real: string;
  try {
    real = await realpath(path);
    if ((await stat(real)).isDirectory()) return { path: real, kind: "folder" };
  } catch (error) {
    const { code, message } = describeFailure(error);
    const what =
      code === "vanished" ? "There is nothing there. Check the path, or mount the disk it is on." : message;
    throw new SourceError("source-missing", `${path}: ${what}`, { cause: error });
  }
  if (!/\.(?:jsonl|ndjson)(?:\.gz)?$/i.test(real)) {
    const message = `${path} is neither a folder of Markdown notes nor a .jsonl file. Name the folder that holds it.`;
    throw new SourceError("source-not-notes", message);
  }
  return { path: real, kind: "jsonl" };
}

function itemsOf(
  path: string,
  kind: SourceKind,
  { trustsFileTimes = true }: SyncRequest,
): AsyncGenerator<SourceItem> {
  return kind === "folder" ? readFolder(path, { trustsFileTimes }) : readJsonl(path);
}

async function readAll(
  items: AsyncGenerator<SourceItem>,
  { writtenUntil, onProgress }: SyncRequest,
): Promise<{ notes: SourceNote[]; problems: SourceProblem[] }> {
  const notes: SourceNote[] = [];
  const problems: SourceProblem[] = [];
  for await (const item of items) {
    if ("problem" in item) problems.push(item.problem);
    else if (writtenUntil === undefined || item.note.createdAt <= writtenUntil) notes.push(item.note);
    if (notes.length % 100 === 0) onProgress?.(notes.length);
  }
  return { notes, problems };
}

async function knownNotes(db: Session["db"], sourceId: string): Promise<KnownNote[]> {
  const known: KnownNote[] = [];
  for (const userId of await asLedger(db, (tx) => usersOfSource(tx, sourceId))) {
    const rows = await asUser(db, userId, (tx) => sourceNotes(tx, userId, sourceId));
    for (const row of rows) known.push({ ...row, userId });
  }
  return known;
}

function toSyncedNote({ noteId, note }: PlannedNote<SourceNote>): SyncedNote {
  const { key, title, body, tags, createdAt, updatedAt, aiExcluded, contentHash, textHash } = note;
  return { noteId, key, title, body, tags, createdAt, updatedAt, aiExcluded, contentHash, textHash };
}

async function refuseBesideApp({ drizzle }: Session["db"]): Promise<void> {
  if ((await drizzle.transaction((tx) => attachmentOf(tx))) === null) return;
  throw new UsageError(
    "an app's notes are attached, so notes that are synced here would not be read: `noctuary detach` first, or sync into another home",
  );
}
