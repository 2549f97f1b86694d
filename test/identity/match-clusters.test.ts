import { type ClusterEvent, clusterChanges } from "@noctuary/core/identity/cluster-changes";
import type { KnownCluster } from "@noctuary/core/identity/known-cluster";
import { matchClusters } from "@noctuary/core/identity/match-clusters";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

function notes(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => `n${String(from + index).padStart(3, "0")}`);
}

/** Ids, and what happened, of one night after another. */
function identify(input: {
  previous: KnownCluster[];
  current: { members: string[] }[];
  retired?: KnownCluster[];
  newId: () => string;
}) {
  const { previous, retired = [] } = input;
  const ids = matchClusters(input);
  const current = input.current.map(({ members }, index) => ({ id: ids[index]!, members }));
  return { ids, ...clusterChanges({ previous, current, retired }) };
}

function known(clusters: Record<string, string[]>): KnownCluster[] {
  return Object.entries(clusters).map(([id, members]) => ({ id, members }));
}

function match(
  previous: Record<string, string[]>,
  current: string[][],
  retired: Record<string, string[]> = {},
) {
  let made = 0;
  return identify({
    previous: known(previous),
    current: current.map((members) => ({ members })),
    retired: known(retired),
    newId: () => `new${++made}`,
  });
}

function kinds(events: ClusterEvent[]): string[] {
  return events.map(({ kind, clusterId }) => `${clusterId} ${kind}`);
}

describe("a cluster keeps its id", () => {
  test("when notes join and leave, and a small change is no event", () => {
    const result = match({ a: notes(0, 20), b: notes(20, 40) }, [notes(21, 40), [...notes(0, 20), "x", "y"]]);
    expect(result.ids).toEqual(["b", "a"]);
    expect(result.events).toEqual([]);
    expect(result.moved).toEqual([]);
  });

  test("when most of its older notes stay among many new ones", () => {
    const result = match({ a: notes(0, 10) }, [[...notes(0, 10), ...notes(500, 600)]]);
    expect(result.ids).toEqual(["a"]);
    expect(result.events).toEqual([
      { kind: "grown", clusterId: "a", share: 10, notesBefore: 10, notesAfter: 110 },
    ]);
  });

  test("when its deleted notes are the greater part", () => {
    const result = match({ a: notes(0, 100) }, [notes(0, 5)]);
    expect(result.ids).toEqual(["a"]);
    expect(kinds(result.events)).toEqual(["a shrunk"]);
  });
});

describe("of equally similar clusters", () => {
  test("the one with more notes in common goes on", () => {
    // Jaccard of p is 1/3 with both: 1 of 3 notes, and 2 of 6 with three that come from q.
    const previous = { p: notes(0, 3), q: notes(10, 33) };
    const current = [notes(0, 1), [...notes(1, 3), ...notes(10, 13)], notes(13, 33)];
    expect(match(previous, current).ids).toEqual(["new1", "p", "q"]);
  });

  test("else the one with the smaller id, whatever the order", () => {
    expect(match({ b: notes(0, 3), a: notes(3, 6) }, [notes(0, 6)]).ids).toEqual(["a"]);
    expect(match({ a: notes(3, 6), b: notes(0, 3) }, [notes(0, 6)]).ids).toEqual(["a"]);
  });
});

describe("events", () => {
  test("growth is material from three notes and a tenth on", () => {
    expect(match({ a: notes(0, 10) }, [notes(0, 12)]).events).toEqual([]);
    expect(kinds(match({ a: notes(0, 10) }, [notes(0, 13)]).events)).toEqual(["a grown"]);
    expect(match({ a: notes(0, 50) }, [notes(0, 54)]).events).toEqual([]);
    expect(kinds(match({ a: notes(0, 50) }, [notes(0, 55)]).events)).toEqual(["a grown"]);
  });

  test("a cluster that goes into another is merged, with the share that went there", () => {
    const result = match({ a: notes(0, 20), b: notes(20, 30) }, [notes(0, 28), notes(28, 30)]);
    expect(result.ids).toEqual(["a", "b"]);
    const merged = match({ a: notes(0, 20), b: notes(20, 30) }, [notes(0, 29), ["x", "y"]]);
    expect(merged.events).toContainEqual({
      kind: "merged",
      clusterId: "b",
      otherClusterId: "a",
      share: 1,
      notesBefore: 10,
      notesAfter: 0,
    });
    expect(kinds(merged.events)).toEqual(["a grown", "b merged", "new1 born"]);
    expect(merged.moved).toEqual(notes(20, 29).map((noteId) => ({ noteId, from: "b", to: "a" })));
  });

  test("a part that leaves a cluster which goes on is split from it", () => {
    const result = match({ a: notes(0, 30) }, [notes(0, 20), notes(20, 30)]);
    expect(result.ids).toEqual(["a", "new1"]);
    expect(result.events).toEqual([
      { kind: "shrunk", clusterId: "a", share: 1 / 3, notesBefore: 30, notesAfter: 20 },
      { kind: "split", clusterId: "new1", otherClusterId: "a", share: 1, notesBefore: 0, notesAfter: 10 },
    ]);
  });

  test("a cluster whose notes are gone is retired, one of new notes is born", () => {
    const result = match({ a: notes(0, 10) }, [notes(50, 60)]);
    expect(result.ids).toEqual(["new1"]);
    expect(result.events).toEqual([
      { kind: "retired", clusterId: "a", notesBefore: 10, notesAfter: 0 },
      { kind: "born", clusterId: "new1", notesBefore: 0, notesAfter: 10 },
    ]);
    expect(result.moved).toEqual([]);
  });

  test("a cluster that falls into many small parts is retired, and the parts are born", () => {
    const parts = Array.from({ length: 12 }, (_, part) => [`n${String(part).padStart(3, "0")}`, `x${part}`]);
    expect(
      kinds(match({ a: notes(0, 12) }, parts).events).filter((event) => !event.endsWith("born")),
    ).toEqual(["a retired"]);
  });

  test("a retired cluster whose notes are together again is back, with the share of them", () => {
    const others = notes(100, 120);
    const back = match({ b: others }, [[...notes(0, 8), "x"], others], { a: notes(0, 10), c: others });
    expect(back.ids).toEqual(["a", "b"]);
    expect(back.events).toEqual([
      { kind: "returned", clusterId: "a", share: 0.8, notesBefore: 0, notesAfter: 9 },
    ]);
  });

  test("a part that splits off is the cluster that once went in there", () => {
    const result = match({ b: [...notes(0, 10), ...notes(20, 50)] }, [notes(20, 50), notes(0, 10)], {
      a: notes(0, 10),
    });
    expect(result.ids).toEqual(["b", "a"]);
    expect(kinds(result.events)).toEqual(["a returned", "b shrunk"]);
  });

  test("a retired cluster is not back in one that took in less than most of it, or where it is a small part", () => {
    expect(match({}, [notes(0, 5), notes(5, 10)], { a: notes(0, 10) }).ids).toEqual(["new1", "new2"]);
    expect(match({}, [notes(0, 40)], { a: notes(0, 10) }).ids).toEqual(["new1"]);
    expect(match({ b: notes(0, 10) }, [notes(0, 10)], { a: notes(0, 10) }).ids, "b goes on").toEqual(["b"]);
  });

  test("deleted notes do not keep a retired cluster from coming back", () => {
    expect(match({}, [notes(0, 3)], { a: notes(0, 10) }).ids).toEqual(["a"]);
  });

  test("no clusters before, none after", () => {
    expect(match({}, [])).toEqual({ ids: [], events: [], moved: [] });
    expect(kinds(match({}, [["x"]]).events)).toEqual(["new1 born"]);
    expect(kinds(match({ a: ["x"] }, []).events)).toEqual(["a retired"]);
  });
});

/** Two nights over up to 60 notes: each note in some cluster of each night, or absent. */
const twoNights = fc
  .array(fc.record({ before: fc.integer({ min: -1, max: 7 }), after: fc.integer({ min: -1, max: 7 }) }), {
    maxLength: 60,
  })
  .map((places) => {
    const previous = new Map<number, string[]>();
    const current = new Map<number, string[]>();
    places.forEach(({ before, after }, index) => {
      const note = `n${index}`;
      if (before >= 0) previous.set(before, [...(previous.get(before) ?? []), note]);
      if (after >= 0) current.set(after, [...(current.get(after) ?? []), note]);
    });
    return {
      previous: [...previous].map(([cluster, members]): KnownCluster => ({ id: `c${cluster}`, members })),
      current: [...current.values()].map((members) => ({ members })),
    };
  });

/** Ids that say which notes a new cluster has, so that runs over another order can be compared. */
function matchNamed(previous: KnownCluster[], current: { members: string[] }[]) {
  let at = 0;
  const result = identify({ previous, current, newId: () => `fresh${at++}` });
  const stable = new Map(
    result.ids.map((id, index) => [
      id,
      id.startsWith("fresh") ? `new ${[...current[index]!.members].sort()[0]}` : id,
    ]),
  );
  const named = (id: string) => stable.get(id) ?? id;
  return {
    clusters: result.ids
      .map((id, index) => `${named(id)}: ${[...current[index]!.members].sort().join(" ")}`)
      .sort(),
    events: result.events
      .map((event) =>
        JSON.stringify({
          ...event,
          clusterId: named(event.clusterId),
          otherClusterId: named(event.otherClusterId ?? ""),
        }),
      )
      .sort(),
    moved: result.moved.map(({ noteId, from, to }) => `${noteId} ${from} ${named(to)}`),
  };
}

describe("whatever happened overnight", () => {
  test("ids are unique, and every previous cluster is kept or ended by exactly one event", () => {
    fc.assert(
      fc.property(twoNights, ({ previous, current }) => {
        let made = 0;
        const { ids, events } = identify({ previous, current, newId: () => `new${made++}` });
        expect(ids).toHaveLength(current.length);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { id } of previous) {
          const endings = events.filter(
            (event) => event.clusterId === id && ["merged", "retired"].includes(event.kind),
          );
          expect(endings).toHaveLength(ids.includes(id) ? 0 : 1);
        }
        for (const id of ids.filter((id) => id.startsWith("new"))) {
          const beginnings = events.filter(
            (event) => event.clusterId === id && ["born", "split"].includes(event.kind),
          );
          expect(beginnings).toHaveLength(1);
        }
      }),
    );
  });

  test("what others an event names exist tonight, and shares are shares", () => {
    fc.assert(
      fc.property(twoNights, ({ previous, current }) => {
        let made = 0;
        const { ids, events } = identify({ previous, current, newId: () => `new${made++}` });
        for (const { kind, otherClusterId, share } of events) {
          expect(otherClusterId !== undefined).toBe(kind === "merged" || kind === "split");
          if (otherClusterId !== undefined) {
            expect(ids).toContain(otherClusterId);
            expect(share).toBeGreaterThan(0.5);
            expect(share).toBeLessThanOrEqual(1);
          }
        }
      }),
    );
  });

  test("a night without change has no events and no moves", () => {
    fc.assert(
      fc.property(twoNights, ({ previous }) => {
        const same = identify({ previous, current: previous, newId: () => "none" });
        expect(same).toEqual({ ids: previous.map(({ id }) => id), events: [], moved: [] });
      }),
    );
  });

  test("the order of clusters and of their notes changes nothing", () => {
    const shuffled = twoNights.chain(({ previous, current }) =>
      fc.record({
        previous: fc.constant(previous),
        current: fc.constant(current),
        otherPrevious: fc.shuffledSubarray(previous, { minLength: previous.length }),
        otherCurrent: fc.shuffledSubarray(current, { minLength: current.length }),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ previous, current, otherPrevious, otherCurrent }) => {
        const reversed = <T extends { members: string[] }>(clusters: T[]) =>
          clusters.map((cluster) => ({ ...cluster, members: cluster.members.toReversed() }));
        expect(matchNamed(reversed(otherPrevious), reversed(otherCurrent))).toEqual(
          matchNamed(previous, current),
        );
      }),
    );
  });

  test("every note of both nights that changed its cluster is a move, and no other", () => {
    fc.assert(
      fc.property(twoNights, ({ previous, current }) => {
        let made = 0;
        const { ids, moved } = identify({ previous, current, newId: () => `new${made++}` });
        const expected = previous.flatMap(({ id, members }) =>
          members.flatMap((noteId) => {
            const at = current.findIndex((cluster) => cluster.members.includes(noteId));
            return at >= 0 && ids[at] !== id ? [`${noteId} ${id} ${ids[at]}`] : [];
          }),
        );
        expect(moved.map(({ noteId, from, to }) => `${noteId} ${from} ${to}`).sort()).toEqual(
          expected.sort(),
        );
      }),
    );
  });
});
