import type { ClusterText } from "@noctuary/core/naming/read-clusters";

/** A topic of notes whose first lines are their titles. */
export function cluster(key: string, notes: string[], keepName?: string): ClusterText {
  return {
    key,
    notes: notes.map((note) => {
      const [title = "", ...body] = note.split("\n");
      return { title, body: body.join("\n"), isCentral: false };
    }),
    ...(keepName !== undefined && { keepName }),
  };
}

export const bread = cluster("bread", [
  "Starter again\nThe sourdough starter doubled in five hours with whole rye flour.",
  "Too sour\nKept the sourdough starter in the fridge; the loaf was dense.",
  "Saturday bake\nFed my sourdough starter twice, the loaf opened well.",
  "Hydration\nAt 75 % the dough is slack, but the sourdough starter copes.",
]);
export const databases = cluster("databases", [
  "Partial indexes\nA partial index in PostgreSQL keeps the table small.",
  "Slow query\nThe planner of PostgreSQL ignored the index until we ran analyze.",
  "Locks\nA migration took a lock in PostgreSQL; building the index concurrently helps.",
  "Bloat\nAutovacuum and PostgreSQL: the index grew to 3 GB.",
]);
export const running = cluster("running", [
  "Long run\nTwenty kilometres along the canal, the legs were fine.",
  "Intervals\nSix times 800 m on the canal path, the knee a bit sore.",
  "Rest\nPhysio looked at the knee. A week off.",
  "Back\nEasy along the canal, no knee trouble.",
  "Hills\nFour times the bridge, then home by the canal.",
  "Ice\nThe knee again, after the stairs.",
]);

export function nameOf(names: { key: string; name: string }[], key: string): string {
  return names.find((name) => name.key === key)!.name;
}
