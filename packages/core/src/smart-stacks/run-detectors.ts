import type { RecordedError } from "@noctuary/db/ledger/ledger.sql";
import { recordable } from "../errors.ts";
import type { Account } from "./account.ts";
import type { Candidate } from "./candidate.ts";
import { detectMomentum } from "./detect-momentum.ts";
import { alikePairs, detectNearDuplicates } from "./detect-near-duplicates.ts";
import { detectNewThemes } from "./detect-new-theme.ts";
import { detectRecurring } from "./detect-recurring.ts";
import { detectResurface, type Echoes, linkKey } from "./detect-resurface.ts";
import { detectUnfinished, type OpenNote } from "./detect-unfinished.ts";
import type { StackKind } from "./facts.ts";
import type { ComparedText } from "./text-likeness.ts";

/** Everything that detectors look at, as plain data. */
export interface Evidence {
  account: Account;
  open: readonly OpenNote[];
  echoes: Echoes;
  closePairs: readonly (readonly [string, string])[];
  texts: ReadonlyMap<string, ComparedText>;
}

export type Detectors = Record<StackKind, (evidence: Evidence) => Candidate[]>;

export const detectors: Detectors = {
  momentum: ({ account }) => detectMomentum(account),
  recurring: ({ account }) => detectRecurring(account),
  "new-theme": ({ account }) => detectNewThemes(account),
  unfinished: ({ account, open }) => detectUnfinished(account, open),
  resurface: ({ account, echoes, closePairs, texts }) =>
    detectResurface(account, {
      ...echoes,
      alike: new Set(alikePairs(closePairs, texts).map(({ a, b }) => linkKey(a, b))),
    }),
  "near-duplicates": ({ account, closePairs, texts }) => detectNearDuplicates(account, closePairs, texts),
};

export interface Detected {
  candidates: Candidate[];
  failures: { kind: StackKind; error: RecordedError }[];
}

/** Runs every detector; one that throws is skipped and recorded, and the others' findings stand. */
export function runDetectors(evidence: Evidence, from: Detectors = detectors): Detected {
  const found: Detected = { candidates: [], failures: [] };
  for (const [kind, detect] of Object.entries(from) as [StackKind, Detectors[StackKind]][]) {
    try {
      found.candidates.push(...detect(evidence));
    } catch (error) {
      found.failures.push({ kind, error: recordable(error) });
    }
  }
  return found;
}
