import { type Account, byDay } from "./account.ts";
import { type Candidate, NOTES_IN_STACK } from "./candidate.ts";
import { clamp } from "./chance.ts";
import { type ComparedText, likeness, onlyIn, sharedWords } from "./text-likeness.ts";

/** Two short notes are alike soon. */
const LEAST_WORDS = 12;
const CLEAR = { contained: 0.6, resemblance: 0.4 };
const HOLDS = { contained: 0.5, resemblance: 0.3 };
/** So many notes of one text are a template. */
const MOST_ALIKE = 8;
const WORDS_SHOWN = 12;

/**
 * Notes that are nearly the same text, whatever their titles. `pairs` are notes whose vectors are close; that alone
 * proves nothing, so the texts decide.
 */
export function detectNearDuplicates(
  account: Account,
  pairs: readonly (readonly [string, string])[],
  texts: ReadonlyMap<string, ComparedText>,
): Candidate[] {
  const alike = alikePairs(pairs, texts);
  const notes = new Map(account.notes.map((note) => [note.id, note]));
  return groups(alike).flatMap(({ ids, pairs: proof }): Candidate[] => {
    const members = [...ids].map((id) => notes.get(id)!).sort(byDay);
    if (members.length > MOST_ALIKE) return [];
    const own = members.map(({ id }) => texts.get(id)!);
    const [first, second] = own as [ComparedText, ComparedText];
    const topics = new Set(members.map(({ topicId }) => topicId));
    return [
      {
        kind: "near-duplicates",
        topicId: topics.size === 1 ? members[0]!.topicId : null,
        facts: {
          kind: "near-duplicates",
          sharedWords: sharedWords(own),
          words: members.map(({ id }, i) => ({ noteId: id, words: own[i]!.words.length })),
          titlesDiffer: new Set(own.map(({ title }) => title)).size > 1,
        },
        notes: members.slice(0, NOTES_IN_STACK).map(({ id }, i) => ({
          id,
          remark: whatDiffers(own[i]!, i === 0 ? second : first),
        })),
        size: members.length,
        strength: clamp(Math.max(...proof.map(({ resemblance }) => resemblance))),
        confidence: clamp(Math.min(...own.map((text) => text.words.length)) / 100),
        latestDay: Math.max(...members.map(({ writtenOn }) => writtenOn)),
        isClear: proof.some((pair) => pair.isClear),
      },
    ];
  });
}

/** Of pairs whose vectors are close, those whose texts are nearly the same. */
export function alikePairs(
  pairs: readonly (readonly [string, string])[],
  texts: ReadonlyMap<string, ComparedText>,
): AlikePair[] {
  return pairs.flatMap(([a, b]) => {
    const [textA, textB] = [texts.get(a), texts.get(b)];
    if (textA === undefined || textB === undefined) return [];
    if (Math.min(textA.words.length, textB.words.length) < LEAST_WORDS) return [];
    const { contained, resemblance } = likeness(textA, textB);
    const reaches = (level: typeof CLEAR) => contained >= level.contained && resemblance >= level.resemblance;
    return reaches(HOLDS) ? [{ a, b, resemblance, isClear: reaches(CLEAR) }] : [];
  });
}

function whatDiffers(text: ComparedText, other: ComparedText): string {
  const own = onlyIn(text, other);
  if (own.length === 0) return "has nothing that the other lacks";
  const shown = own.slice(0, WORDS_SHOWN).join(" ");
  return `only here: ${shown}${own.length > WORDS_SHOWN ? " \u2026" : ""}`;
}

interface AlikePair {
  a: string;
  b: string;
  resemblance: number;
  isClear: boolean;
}

/** Notes that hang together by pairs. */
function groups(pairs: readonly AlikePair[]): { ids: Set<string>; pairs: AlikePair[] }[] {
  const groupOf = new Map<string, { ids: Set<string>; pairs: AlikePair[] }>();
  for (const pair of pairs) {
    const [one, other] = [groupOf.get(pair.a), groupOf.get(pair.b)];
    const merged = one ?? other ?? { ids: new Set<string>(), pairs: [] };
    if (one !== undefined && other !== undefined && one !== other) {
      for (const id of other.ids) one.ids.add(id);
      one.pairs.push(...other.pairs);
    }
    merged.pairs.push(pair);
    merged.ids.add(pair.a).add(pair.b);
    for (const id of merged.ids) groupOf.set(id, merged);
  }
  return [...new Set(groupOf.values())];
}
