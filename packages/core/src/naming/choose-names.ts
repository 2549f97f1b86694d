import { nameIdentity, possibleNames, type WrittenPhrase } from "./compose-name.ts";
import { capitalised } from "./written-forms.ts";

/** What a name is chosen from. */
export interface Nameable {
  key: string;
  keepName?: string;
  phrases: WrittenPhrase[];
  /** The number of notes that the phrases are from. */
  read: number;
  /** Its number of notes. */
  size: number;
  /** Names that are better than those that the phrases give. */
  preferred?: string[];
  /** Names for when no phrase gives a free one. */
  fallbacks: [string, ...string[]];
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
    const { keepName, phrases, read, preferred = [], fallbacks } = clusters[index]!;
    if (keepName !== undefined) {
      names[index] = keepName;
      continue;
    }
    const name =
      firstFree(preferred, taken) ??
      firstFree(possibleNames(phrases, read), taken) ??
      firstFree(fallbacks, taken) ??
      numbered(fallbacks, taken);
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

function numbered([name]: [string, ...string[]], taken: Set<string>): string {
  let candidate = `${name} 2`;
  for (let number = 3; taken.has(nameIdentity(candidate)); number++) candidate = `${name} ${number}`;
  return candidate;
}
