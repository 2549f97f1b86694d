import type { RecordedError } from "@noctuary/db/ledger/ledger.sql";
import type { SavedStack, Stack } from "@noctuary/db/stacks/stack";
import { localDays } from "../local-date.ts";
import type { Candidate } from "../smart-stacks/candidate.ts";
import {
  type DecidedStack,
  decideStacks,
  type LastStack,
  type RetireCause,
} from "../smart-stacks/decide-stacks.ts";
import { type Facts, facts, notesBehind, type StackKind, stackKinds } from "../smart-stacks/facts.ts";
import { reasonFor } from "../smart-stacks/reason.ts";
import { type Detectors, runDetectors } from "../smart-stacks/run-detectors.ts";
import { plainTitle } from "../smart-stacks/title.ts";
import type { Gathered } from "./gather-evidence.ts";

/** What a run did, or in a dry run would do. Numbers and ids alone: whoever shows it words it. */
export interface StackReport {
  added: ReportedStack[];
  changed: ReportedStack[];
  retired: { id: string; cause: RetireCause }[];
  failures: { kind: StackKind; error: RecordedError }[];
}

export interface ReportedStack {
  id: string;
  kind: StackKind;
  clusterId: string | null;
  facts: Facts;
  priority: number;
}

export interface DecidedTonight {
  saved: SavedStack[];
  /** Stacks that stay as they are but for their titles. */
  retitled: { id: string; title: string }[];
  report: StackReport;
  failures: StackReport["failures"];
  /** Stacks that there are in the morning. */
  shown: number;
}

/** Detects, decides and words one user's stacks. Pure, but for the ids of new stacks. */
export function decideTonight(
  gathered: Gathered,
  {
    most,
    earlierClusters,
    newId,
    detectors,
  }: {
    most: number;
    earlierClusters: boolean;
    newId: () => string;
    detectors?: Detectors;
  },
): DecidedTonight {
  const { evidence, last, topics, timeZone, aiEnabled } = gathered;
  const { account } = evidence;
  const known = last.flatMap((stack) => lastStack(stack, timeZone));
  const { candidates, failures } = runDetectors(evidence, detectors);
  const decided = decideStacks({
    candidates,
    last: known,
    today: account.today,
    most,
    failedKinds: new Set(failures.map(({ kind }) => kind)),
    topics: new Set(topics.keys()),
    origins: new Map(
      account.topics.flatMap(({ id, splitFrom }) => (splitFrom === null ? [] : [[id, splitFrom] as const])),
    ),
    notes: new Set(account.notes.map(({ id }) => id)),
    newId,
  });
  const titleOf = titlesOf(account.notes);
  const nameOf = (topicId: string | null) => (topicId === null ? null : (topics.get(topicId)?.name ?? null));
  const before = new Map(last.map((stack) => [stack.id, stack]));
  const reported = ({ id, candidate, priority }: DecidedStack): ReportedStack => ({
    id,
    kind: candidate.kind,
    clusterId: candidate.topicId,
    facts: candidate.facts,
    priority,
  });
  const isNew = ({ id }: DecidedStack) => before.get(id)?.retiredAt !== null;
  return {
    saved: decided.stacks.map(({ id, candidate, priority, parts }) => ({
      id,
      kind: candidate.kind,
      clusterId: candidate.topicId,
      title: plainTitle(candidate.facts, nameOf(candidate.topicId), titleOf),
      titledBy: "noctuary",
      titleKey: null,
      reason: reasonFor(candidate.facts),
      facts: candidate.facts,
      priority,
      priorityParts: { ...parts },
      earlierClusters,
      notes: notesToSave(candidate),
    })),
    retitled: decided.untouched.flatMap((id) => {
      const stack = known.find((one) => one.id === id)!;
      const title = plainTitle(stack.facts, nameOf(stack.topicId), titleOf);
      return [{ id, title }];
    }),
    report: {
      added: decided.stacks.filter(isNew).map(reported),
      changed: decided.stacks
        .filter((stack) => !isNew(stack) && hasChanged(stack, before.get(stack.id)!))
        .map(reported),
      retired: decided.retired.map(({ id, cause }) => ({ id, cause: aiEnabled ? cause : "ai_off" })),
      failures,
    },
    failures,
    shown: decided.stacks.length + decided.untouched.length,
  };
}

/** What was stored, as plain data; nothing for a kind or facts of another version, which then count as over. */
function lastStack(stack: Stack, timeZone: string): LastStack[] {
  const parsed = facts.safeParse(stack.facts);
  const kind = stackKinds.find((one) => one === stack.kind);
  if (!parsed.success || kind === undefined) return [];
  const dayOf = localDays(timeZone);
  return [
    {
      id: stack.id,
      kind,
      topicId: stack.clusterId,
      facts: parsed.data,
      retiredOn: stack.retiredAt === null ? null : dayOf(stack.retiredAt),
      verdict: stack.verdict,
      verdictOn: stack.verdictAt === null ? null : dayOf(stack.verdictAt),
    },
  ];
}

/** All notes behind the facts; those to open have a rank. */
function notesToSave(candidate: Candidate): SavedStack["notes"] {
  const ranked = new Map(
    candidate.notes.map((note, rank) => [note.id, { rank, remark: note.remark ?? null }]),
  );
  const all = new Set([...ranked.keys(), ...notesBehind(candidate.facts)]);
  return [...all].map((noteId) => ({ noteId, rank: null, remark: null, ...ranked.get(noteId) }));
}

/** Whether anything that a person reads is not as it was: the days that a window covers move on every night. */
function hasChanged({ candidate }: DecidedStack, before: Stack): boolean {
  const old = facts.safeParse(before.facts);
  if (!old.success) return true;
  const ids = (of: Facts) => notesBehind(of).toSorted().join("\n");
  return before.kind !== candidate.kind || ids(old.data) !== ids(candidate.facts);
}

function titlesOf(notes: readonly { id: string; title: string }[]): (noteId: string) => string {
  const titles = new Map(notes.map(({ id, title }) => [id, title]));
  return (id) => titles.get(id) ?? "";
}
