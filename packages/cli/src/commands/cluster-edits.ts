import { asUser } from "@noctuary/db/access";
import { clustersOf } from "@noctuary/db/clusters/cluster";
import { type ClusterEdit, editsOf, removeEdit } from "@noctuary/db/clusters/cluster-edit";
import Table from "cli-table3";
import { EXIT, UsageError } from "../exit.ts";
import { describeEdit } from "../render/edits.ts";
import { momentLine } from "../render/words.ts";
import { chooseUser, type GlobalOptions, openSession } from "../session.ts";
import { fit, plainTable, type Terminal } from "../terminal.ts";
import { findCluster } from "./find-cluster.ts";

/** `noctuary clusters edits` and `noctuary clusters ID edits`: what the user decided, the newest first. */
export async function listEdits(
  id: string | undefined,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const { edits, nameOf } = await asUser(session.db, userId, async (tx) => {
      const clusters = await clustersOf(tx, userId, { retired: true });
      const about = id === undefined ? undefined : (await findCluster(tx, userId, id)).cluster.id;
      const edits = (await editsOf(tx, userId)).filter((edit) => about === undefined || isAbout(edit, about));
      return { edits: edits.toReversed(), nameOf: new Map(clusters.map((c) => [c.id, c.name])) };
    });
    terminal.json(edits);
    if (edits.length === 0) {
      terminal.line(
        "No edits. `noctuary clusters ID rename NAME` makes one; `noctuary clusters --help` lists them.",
      );
      return EXIT.done;
    }
    const table = new Table(plainTable(["edit", "when", "what", "cluster", "last night"]));
    for (const edit of edits) {
      table.push([
        edit.id.slice(0, 8),
        momentLine(edit.createdAt),
        fit(
          describeEdit(edit, (other) => nameOf.get(other) ?? ""),
          40,
        ),
        fit(nameOf.get(edit.clusterId) || edit.clusterId.slice(0, 8), 30),
        edit.outcome ?? "not seen yet",
      ]);
    }
    terminal.line(table.toString());
    return EXIT.done;
  } finally {
    await session.close();
  }
}

/** `noctuary clusters ID undo [EDIT]`: takes back the newest edit of a cluster, or the one that is named. */
export async function undoEdit(
  id: string | undefined,
  editId: string | undefined,
  options: GlobalOptions,
  terminal: Terminal,
): Promise<number> {
  const session = await openSession(options, terminal);
  try {
    const userId = await chooseUser(session, options);
    const undone = await asUser(session.db, userId, async (tx) => {
      const about = id === undefined ? undefined : (await findCluster(tx, userId, id)).cluster.id;
      const edits = (await editsOf(tx, userId)).filter((edit) => about === undefined || isAbout(edit, about));
      const edit = chosen(edits, editId, about !== undefined);
      await removeEdit(tx, userId, edit.id);
      return edit;
    });
    terminal.json({ undone });
    terminal.line(`Taken back: ${undone.kind} (${undone.id.slice(0, 8)}). The next night does without it.`);
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function chosen(edits: ClusterEdit[], editId: string | undefined, isOneCluster: boolean): ClusterEdit {
  if (editId === undefined) {
    const newest = edits.at(-1);
    if (!isOneCluster) throw new UsageError("say which edit: `noctuary clusters edits` lists them");
    if (newest === undefined) throw new UsageError("there is no edit to take back");
    return newest;
  }
  const found = edits.filter((edit) => edit.id.startsWith(editId));
  if (found.length === 0)
    throw new UsageError(`there is no edit ${editId}: \`noctuary clusters edits\` lists them`);
  if (found.length > 1) throw new UsageError(`several edits begin with ${editId}: write more of the id`);
  return found[0]!;
}

function isAbout(edit: ClusterEdit, clusterId: string): boolean {
  return edit.clusterId === clusterId || edit.otherId === clusterId || edit.id === clusterId;
}
