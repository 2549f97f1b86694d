import { asUser, type UserTransaction } from "@noctuary/db/access";
import { addEdit, type ClusterEdit, editsOf } from "@noctuary/db/clusters/cluster-edit";
import { notesOf } from "@noctuary/db/notes/note";
import { EXIT, UsageError } from "../exit.ts";
import { embeddingModel } from "../overview.ts";
import { count } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { findLivingCluster } from "./find-cluster.ts";
import { oneOf } from "./runs.ts";

export const CLUSTER_VERBS = ["rename", "pin", "merge", "split", "forget"] as const;
type ClusterVerb = (typeof CLUSTER_VERBS)[number];

/** `noctuary clusters ID rename NAME|pin|merge OTHER|split NOTE...|forget`. */
export async function editCluster(
  id: string,
  verb: ClusterVerb,
  words: string[],
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  return decide(options, terminal, async (tx, session, userId) => {
    const { cluster } = await findLivingCluster(tx, userId, id);
    if (verb !== "rename" && cluster.level === "area")
      throw new UsageError(`${cluster.name} is an area: it can be renamed, and its topics edited one by one`);
    const clusterId = cluster.id;
    switch (verb) {
      case "rename": {
        const name = words.join(" ").trim();
        if (name === "") throw new UsageError(`write the new name: \`noctuary clusters ${id} rename NAME\``);
        if (name.length > 200) throw new UsageError("a name has 200 characters at most");
        return {
          edit: { kind: "rename", clusterId, name },
          sentence: `${cluster.name} is ${name} from now on.`,
        };
      }
      case "pin":
        refuseWords(verb, words);
        return {
          edit: { kind: "pin", clusterId },
          sentence: `${cluster.name} stays as it is: its notes stay, and only new or rewritten ones may join.`,
        };
      case "forget":
        refuseWords(verb, words);
        return {
          edit: { kind: "forget", clusterId },
          sentence: `${cluster.name} goes with the next night, and its ${count(cluster.size, "note")} to the next nearest.`,
        };
      case "merge": {
        if (words.length === 0)
          throw new UsageError(`say into which one: \`noctuary clusters ${id} merge OTHER\``);
        const other = (await findLivingCluster(tx, userId, words.join(" "))).cluster;
        if (other.id === clusterId) throw new UsageError(`${cluster.name} cannot be merged with itself`);
        if (other.level === "area")
          throw new UsageError(`${other.name} is an area: merge topics with topics`);
        return {
          edit: { kind: "merge", clusterId, otherId: other.id },
          sentence: `${cluster.name} goes into ${other.name} with the next night.`,
        };
      }
      case "split": {
        if (words.length === 0)
          throw new UsageError(`say which notes: \`noctuary clusters ${id} split NOTE NOTE ...\``);
        const noteIds = await noteIdsOf(tx, session, userId, words);
        return {
          edit: { kind: "split", clusterId, noteIds },
          sentence: `${count(noteIds.length, "note")} of ${cluster.name} will be a topic of their own with the next night.`,
        };
      }
    }
  });
}

/** `noctuary notes NOTE move CLUSTER` and `noctuary notes NOTE not-here [CLUSTER]`. */
export async function editNote(
  match: string,
  verb: "move" | "not-here",
  words: string[],
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  return decide(options, terminal, async (tx, session, userId) => {
    const note = oneOf(
      await notesOf(tx, embeddingModel(session), userId, { match, limit: 2 }),
      match,
      "note",
    );
    if (note.aiExcluded) throw new UsageError(`${note.title} is kept out of everything (ai: false)`);
    const named = words.join(" ");
    if (named === "" && (verb === "move" || note.clusterId === null))
      throw new UsageError(`say which topic: \`noctuary notes ${match} ${verb} CLUSTER\``);
    const { cluster } = await findLivingCluster(tx, userId, named === "" ? note.clusterId! : named);
    if (cluster.level === "area") throw new UsageError(`${cluster.name} is an area: name one of its topics`);
    const edit = { kind: verb, clusterId: cluster.id, noteIds: [note.id] };
    return {
      edit,
      sentence:
        verb === "move"
          ? `${note.title} belongs to ${cluster.name} from now on.`
          : `${note.title} is never in ${cluster.name}; the next night finds it another place.`,
    };
  });
}

interface Decision {
  edit: Parameters<typeof addEdit>[2];
  sentence: string;
}

async function decide(
  options: GlobalOptions,
  terminal: Terminal,
  decision: (tx: UserTransaction, session: Session, userId: string) => Promise<Decision>,
): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const { written, sentence } = await asUser(session.db, userId, async (tx) => {
      const { edit, sentence } = await decision(tx, session, userId);
      const id = await addEdit(tx, userId, edit);
      return { written: (await editsOf(tx, userId)).find((one) => one.id === id)!, sentence };
    });
    terminal.json({ edit: written, shownAtOnce: isShownAtOnce(written) });
    terminal.line(sentence);
    terminal.note(`Undo: \`noctuary clusters edits undo ${written.id.slice(0, 8)}\``);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function isShownAtOnce({ kind }: ClusterEdit): boolean {
  return kind === "rename" || kind === "move";
}

async function noteIdsOf(
  tx: UserTransaction,
  session: Session,
  userId: string,
  words: string[],
): Promise<string[]> {
  const ids = new Set<string>();
  for (const match of words) {
    const note = oneOf(
      await notesOf(tx, embeddingModel(session), userId, { match, limit: 2 }),
      match,
      "note",
    );
    ids.add(note.id);
  }
  return [...ids];
}

function refuseWords(verb: string, words: string[]): void {
  if (words.length > 0)
    throw new UsageError(`${verb} takes nothing behind it: what is "${words.join(" ")}"?`);
}
