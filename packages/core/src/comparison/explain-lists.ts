import type { Group } from "./compare-groupings.ts";

/** A stack of ours, with what it was made for. */
export interface OurStack extends Group {
  /** Words for its facts. */
  reason: string;
  clusterId: string | null;
  /** Why it is shown no more: `dismissed` by the user, or a cause of the nights; null while it is shown. */
  gone: string | null;
}

/** How much of something lies where. */
export interface Share {
  id: string;
  name: string;
  notes: number;
}

/** A stack that only one of the two has: what the other has in its place, and where its notes are. */
export interface StackDifference {
  side: "theirs" | "ours";
  id: string;
  name: string;
  notes: number;
  why:
    | "not-grouped" // most of its notes are in no topic of ours
    | "overlaps" // the other has one about some of its notes
    | "same-topic" // the other has one about the same topic, with other notes
    | "gone" // ours had one about its notes, and it is gone
    | "no-counterpart";
  /** What the other has in its place; `shared` of its notes. */
  nearest: (Share & { shared: number; gone: string | null }) | null;
  /** Our topics that hold its notes, most of them first. */
  topics: Share[];
  outside: number;
  /** Of ours. */
  reason: string;
}

const ALIKE = 0.5;
const TOPICS = 2;

/** Explains each stack of either side that has none of the other side's about the same notes (Jaccard .5 or more). */
export function explainStacks(
  only: { theirs: readonly Group[]; ours: readonly Group[] },
  all: { theirs: readonly Group[]; ours: readonly OurStack[]; topics: readonly Group[] },
): StackDifference[] {
  const homes = homesOf(all.topics);
  const shown = all.ours.filter(({ gone }) => gone === null);
  const ofTheirs = only.theirs.map((stack): StackDifference => {
    const where = placesOf(stack, homes);
    const base = { side: "theirs" as const, ...named(stack), ...where, reason: "" };
    const overlap = nearestOf(stack, shown);
    if (overlap !== null) return { ...base, why: "overlaps", nearest: { ...overlap, gone: null } };
    const past = nearestOf(
      stack,
      all.ours.filter(({ gone }) => gone !== null),
    );
    if (past !== null && past.shared >= stack.noteIds.length * ALIKE) {
      const { gone } = all.ours.find(({ id }) => id === past.id)!;
      return { ...base, why: "gone", nearest: { ...past, gone } };
    }
    if (where.outside > stack.noteIds.length * ALIKE) return { ...base, why: "not-grouped", nearest: null };
    const topic = where.topics[0]?.id;
    const beside = shown.find(({ clusterId }) => clusterId !== null && clusterId === topic);
    if (beside === undefined) return { ...base, why: "no-counterpart", nearest: null };
    return { ...base, why: "same-topic", nearest: { ...named(beside), shared: 0, gone: null } };
  });
  const ofOurs = only.ours.map((stack): StackDifference => {
    const { reason, clusterId } = all.ours.find(({ id }) => id === stack.id)!;
    const base = { side: "ours" as const, ...named(stack), ...placesOf(stack, homes), reason };
    const overlap = nearestOf(stack, all.theirs);
    if (overlap !== null) return { ...base, why: "overlaps", nearest: { ...overlap, gone: null } };
    const beside = all.theirs.find((other) => placesOf(other, homes).topics[0]?.id === clusterId);
    if (clusterId === null || beside === undefined) return { ...base, why: "no-counterpart", nearest: null };
    return { ...base, why: "same-topic", nearest: { ...named(beside), shared: 0, gone: null } };
  });
  return [...ofTheirs, ...ofOurs];
}

/** A week that was told differently, by the topics that its notes lie in. */
export interface WeekDifference {
  week: string;
  /** Notes that each rests on; null where one has not told the week. */
  theirs: number | null;
  ours: number | null;
  shared: number;
  /** Topics that both speak of, and those of one alone; `notes` of whoever speaks of them. */
  bothTopics: Share[];
  onlyTheirTopics: Share[];
  onlyOurTopics: Share[];
  /** Notes of theirs that no topic of ours holds. */
  outside: number;
}

/** Explains each week that only one has told, or that the two tell from other notes (Jaccard below .5). */
export function explainWeeks(
  theirs: readonly Group[],
  ours: readonly Group[],
  topics: readonly Group[],
): WeekDifference[] {
  const homes = homesOf(topics);
  const weeks = [...new Set([...theirs, ...ours].map(({ id }) => id))].sort();
  return weeks.flatMap((week) => {
    const their = theirs.find(({ id }) => id === week);
    const our = ours.find(({ id }) => id === week);
    const shared = their === undefined || our === undefined ? 0 : sharedNotes(their, our);
    const [theirNotes, ourNotes] = [their?.noteIds.length ?? 0, our?.noteIds.length ?? 0];
    const isAlike = shared >= (theirNotes + ourNotes - shared) * ALIKE;
    if (their !== undefined && our !== undefined && isAlike) return [];
    const [theirPlaces, ourPlaces] = [their, our].map((of) => placesOf(of ?? NOBODY, homes, Infinity));
    const has = (places: Share[], { id }: Share) => places.some((place) => place.id === id);
    return [
      {
        week,
        theirs: their === undefined ? null : theirNotes,
        ours: our === undefined ? null : ourNotes,
        shared,
        bothTopics: theirPlaces!.topics.filter((topic) => has(ourPlaces!.topics, topic)),
        onlyTheirTopics: theirPlaces!.topics.filter((topic) => !has(ourPlaces!.topics, topic)),
        onlyOurTopics: ourPlaces!.topics.filter((topic) => !has(theirPlaces!.topics, topic)),
        outside: theirPlaces!.outside,
      },
    ];
  });
}

const NOBODY: Group = { id: "", name: "", noteIds: [] };

function named({ id, name, noteIds }: Group): Share {
  return { id, name, notes: noteIds.length };
}

function homesOf(topics: readonly Group[]): Map<string, Group> {
  return new Map(topics.flatMap((topic) => topic.noteIds.map((note) => [note, topic])));
}

function placesOf(
  { noteIds }: Group,
  homes: Map<string, Group>,
  most = TOPICS,
): { topics: Share[]; outside: number } {
  const topics = new Map<string, Share>();
  let outside = 0;
  for (const note of noteIds) {
    const home = homes.get(note);
    if (home === undefined) outside += 1;
    else {
      const share = topics.get(home.id) ?? { id: home.id, name: home.name, notes: 0 };
      topics.set(home.id, { ...share, notes: share.notes + 1 });
    }
  }
  const sorted = [...topics.values()].sort((a, b) => b.notes - a.notes || (a.id < b.id ? -1 : 1));
  return { topics: sorted.slice(0, most), outside };
}

/** The one that shares most notes with a group; null where none shares any. */
function nearestOf(group: Group, others: readonly Group[]): (Share & { shared: number }) | null {
  const sharing = others
    .map((other) => ({ ...named(other), shared: sharedNotes(group, other) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared || (a.id < b.id ? -1 : 1));
  return sharing[0] ?? null;
}

function sharedNotes(one: Group, other: Group): number {
  const notes = new Set(other.noteIds);
  return new Set(one.noteIds.filter((note) => notes.has(note))).size;
}
