import { adjustedRandIndex } from "./adjusted-rand-index.ts";

/** A cluster or a stack of either system. */
export interface Group {
  id: string;
  name: string;
  noteIds: string[];
}

/** What became of one group of the other system, where it is not about the same here. */
export interface Difference {
  kind: "split" | "merged" | "scattered" | "absent";
  id: string;
  name: string;
  /** Its notes that both systems have grouped. */
  notes: number;
  /** Where they are here, most of them first, with the share of them; for `merged` the one that holds them. */
  places: { id: string; name: string; share: number }[];
}

export interface GroupingComparison {
  groups: { theirs: number; ours: number };
  /** Notes that both have grouped, and those that only one has. */
  notes: { both: number; onlyTheirs: string[]; onlyOurs: string[] };
  /** Adjusted Rand index over the notes that both have grouped. */
  ari: number;
  /** Groups of theirs of which one of ours is about the same (Jaccard .5 or more, over notes of both). */
  alike: number;
  /** The others, those with most notes first. */
  differences: Difference[];
}

const ALIKE = 0.5;
/** So much of a group counts as a place where it went. */
const PLACE_SHARE = 0.15;
const MOST = 0.75;

/** Compares two groupings in which a note is in one group each. */
export function compareGroupings(theirs: readonly Group[], ours: readonly Group[]): GroupingComparison {
  const theirOf = homes(theirs);
  const ourOf = homes(ours);
  const both = [...theirOf.keys()].filter((note) => ourOf.has(note)).sort();
  const named = new Map(ours.map((group) => [group.id, group.name]));
  const ourSizes = sizes(both, ourOf);
  const differences: Difference[] = [];
  let alike = 0;
  for (const group of theirs) {
    const members = [...new Set(group.noteIds)].filter(
      (note) => ourOf.has(note) && theirOf.get(note) === group.id,
    );
    const places = [...sizes(members, ourOf)]
      .map(([id, notes]) => ({ id, name: named.get(id)!, notes }))
      .sort((a, b) => b.notes - a.notes || (a.id < b.id ? -1 : 1));
    const isAlike = places.some(
      ({ id, notes }) => notes / (members.length + ourSizes.get(id)! - notes) >= ALIKE,
    );
    if (isAlike) alike += 1;
    else
      differences.push({
        id: group.id,
        name: group.name,
        notes: members.length,
        ...whatBecame(places, members.length),
      });
  }
  return {
    groups: { theirs: theirs.length, ours: ours.length },
    notes: {
      both: both.length,
      onlyTheirs: [...theirOf.keys()].filter((note) => !ourOf.has(note)).sort(),
      onlyOurs: [...ourOf.keys()].filter((note) => !theirOf.has(note)).sort(),
    },
    ari: adjustedRandIndex(
      both.map((note) => theirOf.get(note)),
      both.map((note) => ourOf.get(note)),
    ),
    alike,
    differences: differences.sort((a, b) => b.notes - a.notes || (a.id < b.id ? -1 : 1)),
  };
}

function whatBecame(
  places: { id: string; name: string; notes: number }[],
  members: number,
): Pick<Difference, "kind" | "places"> {
  const shares = places.map(({ id, name, notes }) => ({ id, name, share: notes / members }));
  const [first] = shares;
  if (first === undefined) return { kind: "absent", places: [] };
  if (first.share >= MOST) return { kind: "merged", places: [first] };
  const large = shares.filter(({ share }) => share >= PLACE_SHARE);
  const isSplit = large.reduce((sum, { share }) => sum + share, 0) >= MOST;
  return { kind: isSplit ? "split" : "scattered", places: large };
}

/** The group of each note; of one that is in several, the first. */
function homes(groups: readonly Group[]): Map<string, string> {
  const home = new Map<string, string>();
  for (const { id, noteIds } of groups) for (const note of noteIds) if (!home.has(note)) home.set(note, id);
  return home;
}

function sizes(notes: readonly string[], homeOf: Map<string, string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const note of notes) counts.set(homeOf.get(note)!, (counts.get(homeOf.get(note)!) ?? 0) + 1);
  return counts;
}

export interface SetsComparison {
  theirs: number;
  ours: number;
  /** Pairs about the same notes (Jaccard .5 or more). */
  alike: number;
  onlyTheirs: Group[];
  onlyOurs: Group[];
}

/** Compares stacks, or told weeks: lists that may overlap, each of some notes. */
export function compareSets(theirs: readonly Group[], ours: readonly Group[]): SetsComparison {
  const taken = new Set<Group>();
  const onlyTheirs = theirs.filter((group) => {
    const found = ours.find((other) => !taken.has(other) && jaccard(group.noteIds, other.noteIds) >= ALIKE);
    if (found !== undefined) taken.add(found);
    return found === undefined;
  });
  return {
    theirs: theirs.length,
    ours: ours.length,
    alike: taken.size,
    onlyTheirs,
    onlyOurs: ours.filter((group) => !taken.has(group)),
  };
}

function jaccard(one: readonly string[], other: readonly string[]): number {
  const first = new Set(one);
  const second = new Set(other);
  const both = [...first].filter((note) => second.has(note)).length;
  return first.size + second.size === 0 ? 0 : both / (first.size + second.size - both);
}
