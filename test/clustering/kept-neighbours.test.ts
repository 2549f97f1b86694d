import { type ClusteredAccount, clusterAccount } from "@noctuary/core/clustering/cluster-account";
import {
  checksumOf,
  decodeState,
  KEPT_NEIGHBOURS,
  type StateChunk,
} from "@noctuary/core/clustering/kept-state";
import { nearestNeighbours } from "@noctuary/core/clustering/nearest-neighbours";
import { noteKey } from "@noctuary/core/clustering/note-key";
import { packRows } from "@noctuary/core/clustering/packed-rows";
import { partitionNotes } from "@noctuary/core/clustering/partition";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { groupedVectors } from "./synthetic-vectors.ts";

vi.setConfig({ testTimeout: 120_000 });

const dimensions = 20;

/** An account as a database holds it: by note id, a vector and the moment it was written. */
type Account = Map<string, { vector: number[]; at: string }>;
type Kept = NonNullable<ClusteredAccount["keep"]>;

/** Chunks as a table holds them: what is written replaces what is there. */
function written(before: StateChunk[], { chunks, all }: Kept): StateChunk[] {
  const byPlace = new Map((all ? [] : before).map((chunk) => [`${chunk.part}/${chunk.chunk}`, chunk]));
  for (const chunk of chunks) byPlace.set(`${chunk.part}/${chunk.chunk}`, chunk);
  return [...byPlace.values()];
}

async function night(account: Account, kept?: { header: Kept["header"]; chunks: StateChunk[] }) {
  const ids = [...account.keys()].sort();
  const noteKeys = BigUint64Array.from(ids, (id) => noteKey(id, account.get(id)!.at));
  const known = new Set(kept && decodeState(kept.header, dimensions, kept.chunks)?.slotOf.keys());
  const unknown = ids.filter((_, i) => !known.has(noteKeys[i]!));
  const clustered = await clusterAccount(
    {
      ...{ dimensions, noteKeys, keepFrom: 1 },
      vectors: Float32Array.from(unknown.flatMap((id) => account.get(id)!.vector)),
      ...(kept && { kept }),
    },
    1,
  );
  return { ids, clustered };
}

/** Each note's neighbours as the state has them, by the keys of their rows, as far as a list is complete. */
function listsOf(chunks: StateChunk[], header: Kept["header"], k: number) {
  const { rows, lists, slotOf } = decodeState(header, dimensions, chunks)!;
  return new Map(
    [...slotOf].map(([note, slot]) => {
      const from = slot * KEPT_NEIGHBOURS;
      const ids = [...lists.neighbours.subarray(from, from + k)].filter((id) => id >= 0);
      return [note, ids.map((id, j) => [rows.keys[id]!, lists.similarities[from + j]!])];
    }),
  );
}

function listsFromScratch(account: Account, k: number) {
  const ids = [...account.keys()].sort();
  const distinct = new Map<string, string>();
  for (const id of ids) distinct.set(account.get(id)!.vector.join(), id);
  const owners = [...distinct.values()];
  const vectors = Float32Array.from(owners.flatMap((id) => account.get(id)!.vector));
  const rows = packRows({ vectors, count: owners.length, dimensions });
  const { neighbours, similarities } = nearestNeighbours(rows, k);
  const rowOf = new Map(owners.map((id, row) => [account.get(id)!.vector.join(), row]));
  return new Map(
    ids.map((id) => {
      const { vector, at } = account.get(id)!;
      const from = rowOf.get(vector.join())! * k;
      const list = [...neighbours.subarray(from, from + k)].filter((row) => row >= 0);
      return [noteKey(id, at), list.map((row, j) => [rows.keys[row]!, similarities[from + j]!])];
    }),
  );
}

const change = fc.record({
  kind: fc.constantFrom("add", "add", "edit", "delete", "copy", "touch"),
  at: fc.nat(),
  seed: fc.nat(),
});

test("nights of changes leave the lists and the partition of a search from scratch", async () => {
  const { vectors } = groupedVectors({ count: 300, groups: 6, dimensions, spread: 1, seed: 3 });
  const vector = (seed: number) => {
    const random = seededRandom(seed);
    // Near one of the notes that are there, and now and then exactly like one or like none.
    const row = Math.floor(random() * 300);
    const values = [...vectors.subarray(row * dimensions, (row + 1) * dimensions)];
    if (seed % 7 === 0) return values;
    if (seed % 11 === 0) return values.map(() => 0);
    return values.map((value) => Math.fround(value + 0.3 * (random() - 0.5)));
  };
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(change, { minLength: 0, maxLength: 30 }), { minLength: 1, maxLength: 5 }),
      async (nights) => {
        const account: Account = new Map(
          Array.from({ length: 130 }, (_, i) => [`n${i}`, { vector: vector(i * 3 + 1), at: "first" }]),
        );
        const first = await night(account);
        let { header, chunks } = first.clustered!.keep!;
        for (const [number, changes] of nights.entries()) {
          for (const [i, { kind, at, seed }] of changes.entries()) {
            const ids = [...account.keys()];
            const id = ids[at % ids.length]!;
            const when = `night ${number}, ${i}`;
            if (kind === "add") account.set(`x${number}-${i}`, { vector: vector(seed), at: when });
            else if (kind === "edit") account.set(id, { vector: vector(seed), at: when });
            else if (kind === "delete" && ids.length > 60) account.delete(id);
            else if (kind === "copy") account.set(`c${number}-${i}`, { ...account.get(id)!, at: when });
            else if (kind === "touch") account.set(id, { ...account.get(id)!, at: when });
          }
          const { ids, clustered } = await night(account, { header, chunks });
          const keep = clustered!.keep!;
          chunks = written(chunks, keep);
          header = keep.header;
          expect(listsOf(chunks, header, 15)).toEqual(listsFromScratch(account, 15));
          expect(clustered!.partition).toEqual(
            partitionNotes({
              vectors: Float32Array.from(ids.flatMap((id) => account.get(id)!.vector)),
              ...{ count: ids.length, dimensions },
            }),
          );
        }
      },
    ),
    { numRuns: 25, seed: 1 },
  );
});

function someAccount(count: number): Account {
  const { vectors } = groupedVectors({ count, groups: 5, dimensions, spread: 1, seed: 8 });
  return new Map(
    Array.from({ length: count }, (_, i) => {
      const vector = [...vectors.subarray(i * dimensions, (i + 1) * dimensions)];
      return [`n${String(i).padStart(4, "0")}`, { vector, at: "first" }];
    }),
  );
}

test("a quiet night writes the chunks of what has changed, a night without changes none", async () => {
  const account = someAccount(1_000);
  const { header, chunks, all } = (await night(account)).clustered!.keep!;
  expect(all).toBe(true);
  const unchanged = (await night(account, { header, chunks })).clustered!.keep!;
  expect(unchanged).toEqual({ header, chunks: [], all: false });

  account.set("n0100", { vector: [...account.get("n0001")!.vector].reverse(), at: "later" });
  const { keep } = (await night(account, { header, chunks })).clustered!;
  expect(keep!.chunks.filter(({ part }) => part === "rows")).toHaveLength(1);
  expect(keep!.chunks.length).toBeLessThan(4);
});

test("lists that many deletions have made short are whole again", async () => {
  const account = someAccount(300);
  let { header, chunks } = (await night(account)).clustered!.keep!;
  for (let deleted = 0; deleted < 6; deleted++) {
    for (const id of [...account.keys()].filter((_, i) => i % 7 === deleted)) account.delete(id);
    const { keep } = (await night(account, { header, chunks })).clustered!;
    chunks = written(chunks, keep!);
    header = keep!.header;
    expect(listsOf(chunks, header, 15)).toEqual(listsFromScratch(account, 15));
  }
});

test("of rows that are all as similar, those that come first by key are in a list that lost some of them", async () => {
  // All at the same angle from the first note, and more of them than a list holds.
  const tied = Array.from({ length: 38 }, (_, i) => {
    const vector = new Array<number>(dimensions).fill(0);
    vector[0] = 3;
    vector[1 + (i % 19)] = i < 19 ? 4 : -4;
    return vector;
  });
  const axis = new Array<number>(dimensions).fill(0);
  axis[0] = 1;
  const account: Account = new Map([["axis", { vector: axis, at: "first" }]]);
  // Unlike it, for a night with few changes.
  for (let i = 0; i < 40; i++) {
    account.set(`other${i}`, { vector: axis.map((_, d) => (d === 0 ? -1 : (i * d) % 7)), at: "first" });
  }
  for (const [i, vector] of tied.slice(0, 31).entries()) account.set(`n${i}`, { vector, at: "first" });
  let { header, chunks } = (await night(account)).clustered!.keep!;
  const inList = listsOf(chunks, header, KEPT_NEIGHBOURS).get(noteKey("axis", "first"))!;
  const keyOf = (vector: number[]) =>
    packRows({ vectors: Float32Array.from(vector), count: 1, dimensions }).keys[0]!;
  const listed = [...account].filter(([, { vector }]) => inList.some(([key]) => key === keyOf(vector)));
  for (const [id] of listed.slice(0, 3)) account.delete(id);
  // Each of seven more: as similar, and by its key before or behind.
  for (const [i, vector] of tied.slice(31).entries()) {
    account.set(`later${i}`, { vector, at: "later" });
    const { keep } = (await night(account, { header, chunks })).clustered!;
    expect(keep!.all, "patched").toBe(false);
    chunks = written(chunks, keep!);
    header = keep!.header;
    expect(listsOf(chunks, header, 15)).toEqual(listsFromScratch(account, 15));
  }
});

test("nothing of a note that is gone is left in what is kept", async () => {
  const account = someAccount(200);
  const { header, chunks } = (await night(account)).clustered!.keep!;
  account.delete("n0042");
  const { keep } = (await night(account, { header, chunks })).clustered!;
  const { rows, lists, sketches, slotOf } = decodeState(keep!.header, dimensions, written(chunks, keep!))!;
  const slot = 42;
  expect(slotOf.size).toBe(199);
  expect(rows.keys[slot]).toBe(0n);
  expect(rows.codes.subarray(slot * rows.stride, (slot + 1) * rows.stride).every((code) => code === 0)).toBe(
    true,
  );
  expect(sketches.codes.subarray(slot * 20, (slot + 1) * 20).every((code) => code === 0)).toBe(true);
  expect(lists.neighbours.includes(slot)).toBe(false);
});

test("a chunk that is missing, damaged, cut short, too many or of another night is noticed", async () => {
  const account = someAccount(1_300);
  const { header, chunks } = (await night(account)).clustered!.keep!;
  const isNoticed = (damaged: StateChunk[], of = header) =>
    decodeState(of, dimensions, damaged) === undefined;
  expect(isNoticed(chunks)).toBe(false);
  for (const [i, chunk] of chunks.entries()) {
    const without = chunks.toSpliced(i, 1);
    expect(isNoticed(without)).toBe(true);
    const flipped = chunk.bytes.slice();
    flipped[flipped.length >> 1]! ^= 4;
    expect(isNoticed([...without, { ...chunk, bytes: flipped }])).toBe(true);
    expect(isNoticed([...without, { ...chunk, bytes: chunk.bytes.slice(0, -8) }])).toBe(true);
  }
  expect(isNoticed([...chunks, { ...chunks[2]!, chunk: 900 }])).toBe(true);
  account.set("n0100", { vector: [...account.get("n0001")!.vector].reverse(), at: "later" });
  const later = (await night(account, { header, chunks })).clustered!.keep!;
  expect(isNoticed(chunks, later.header)).toBe(true);
  // Whole by its checksums, but for other dimensions.
  expect(decodeState({ ...header, checksum: checksumOf(chunks) }, 600, chunks)).toBeUndefined();
});

test("on several threads a patch is the same", async () => {
  const account = someAccount(600);
  const { header, chunks } = (await night(account)).clustered!.keep!;
  for (let i = 0; i < 40; i++) {
    account.set(`n${String(i * 7).padStart(4, "0")}`, {
      vector: [...account.get(`n0${300 + i}`)!.vector].reverse(),
      at: "later",
    });
  }
  const ids = [...account.keys()].sort();
  const noteKeys = BigUint64Array.from(ids, (id) => noteKey(id, account.get(id)!.at));
  const known = decodeState(header, dimensions, chunks)!.slotOf;
  const input = {
    ...{ dimensions, noteKeys, keepFrom: 1 },
    vectors: Float32Array.from(
      ids.filter((_, i) => !known.has(noteKeys[i]!)).flatMap((id) => account.get(id)!.vector),
    ),
    kept: { header, chunks },
  };
  expect(await clusterAccount(input, 3)).toEqual(await clusterAccount(input, 1));
});
