import { asUser } from "@noctuary/db/access";
import { clusterEvents, clustersOf } from "@noctuary/db/clusters/cluster";
import { addEdit } from "@noctuary/db/clusters/cluster-edit";
import { notesOf } from "@noctuary/db/notes/note";
import { explainNote } from "../explain-note.ts";
import { embeddingModel } from "../overview.ts";
import { renderHistory } from "../render/history.ts";
import { renderPlace } from "../render/place.ts";
import { DEFAULT_USER, type Session } from "../session.ts";

/** What the owner of the sample notebook decides one morning: the name of a topic, and where a note belongs. */
const NAME = "Wet kitchen wall";
const TOPIC_OF = "House/The north wall is wet again.md";
const BELONGS_THERE = "House/Lime mortar, what to ask for.md";

/** Makes the owner's edits. @returns a line about them */
export async function decideAsOwner(session: Session): Promise<string> {
  const [known, moved] = await asUser(session.db, DEFAULT_USER, async (tx) => {
    const find = async (match: string) =>
      (await notesOf(tx, embeddingModel(session), DEFAULT_USER, { match, limit: 1 }))[0]!;
    const known = await find(TOPIC_OF);
    const moved = await find(BELONGS_THERE);
    const clusterId = known.clusterId!;
    await addEdit(tx, DEFAULT_USER, { kind: "rename", clusterId, name: NAME });
    await addEdit(tx, DEFAULT_USER, { kind: "move", clusterId, noteIds: [moved.id] });
    return [known, moved];
  });
  return `  then its owner calls the topic of "${known!.title}" ${NAME}, and says that "${moved!.title}" belongs there`;
}

/**
 * The life of that topic since, as `noctuary clusters "Wet kitchen wall" --history` tells it, and why a note of it is
 * there, as `noctuary notes "The north wall is wet again"` does.
 */
export async function showDecided(session: Session): Promise<void> {
  const { db, terminal } = session;
  const shown = await asUser(db, DEFAULT_USER, async (tx) => {
    const all = await clustersOf(tx, DEFAULT_USER, { retired: true });
    const topic = all.find(({ name }) => name === NAME);
    if (topic === undefined) return undefined;
    const model = embeddingModel(session);
    const [note] = await notesOf(tx, model, DEFAULT_USER, { match: TOPIC_OF, limit: 1 });
    const living = new Map(all.filter(({ retiredAt }) => retiredAt === null).map((c) => [c.id, c]));
    return {
      all,
      topic,
      events: await clusterEvents(tx, DEFAULT_USER, { clusterId: topic.id }),
      note: await explainNote(tx, model, DEFAULT_USER, note!, living),
    };
  });
  if (shown === undefined) return;
  const nameOf = new Map(shown.all.map(({ id, name }) => [id, name]));
  terminal.line();
  terminal.line(terminal.style("bold", `The history of ${NAME}, a name that no night changes`));
  // What happened by day bears today's date, and the demo is the same every day.
  const ofNights = shown.events.filter(({ runId }) => runId !== null);
  renderHistory(terminal, shown.topic.id, ofNights, (id) => nameOf.get(id) ?? "");
  terminal.line();
  terminal.line(terminal.style("bold", `Why "${shown.note.title}" is where it is`));
  renderPlace(terminal, shown.note);
}
