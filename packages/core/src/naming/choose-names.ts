import { nameIdentity } from "./compose-name.ts";
import { capitalised } from "./written-forms.ts";

/** What a name is chosen from. */
export interface Nameable {
  key: string;
  keepName?: string;
  /** Its number of notes. */
  size: number;
  /** Possible names, best first. */
  names: Iterable<string>;
  /** Numbered where it is taken: for when none of the names is free. */
  fallback: string;
}

/**
 * For each cluster the best name that no other has and that is not `reserved`. Kept names are never touched; the
 * larger clusters choose first, equal ones in the order of their keys.
 */
export function chooseNames(clusters: Nameable[], reserved: string[]): string[] {
  const taken = new Set(reserved.map(nameIdentity));
  for (const { keepName } of clusters) if (keepName !== undefined) taken.add(nameIdentity(keepName));
  const names: string[] = [];
  const order = clusters.map((_, index) => index);
  order.sort(
    (a, b) => clusters[b]!.size - clusters[a]!.size || (clusters[a]!.key < clusters[b]!.key ? -1 : 1),
  );
  for (const index of order) {
    const { keepName, names: possible, fallback } = clusters[index]!;
    if (keepName !== undefined) {
      names[index] = keepName;
      continue;
    }
    const name =
      firstFree(possible, taken) ?? firstFree([fallback], taken) ?? numbered(capitalised(fallback), taken);
    taken.add(nameIdentity(name));
    names[index] = name;
  }
  return names;
}

function firstFree(candidates: Iterable<string>, taken: Set<string>): string | undefined {
  for (const candidate of candidates) {
    if (!taken.has(nameIdentity(candidate))) return capitalised(candidate);
  }
  return undefined;
}

function numbered(name: string, taken: Set<string>): string {
  let candidate = `${name} 2`;
  for (let number = 3; taken.has(nameIdentity(candidate)); number++) candidate = `${name} ${number}`;
  return candidate;
}
