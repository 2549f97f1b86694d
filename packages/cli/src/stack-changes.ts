import type { StackReport } from "@noctuary/core/nightly-stacks/decide-tonight";
import { notesBehind } from "@noctuary/core/smart-stacks/facts";
import { reasonFor } from "@noctuary/core/smart-stacks/reason";
import { plainTitle } from "@noctuary/core/smart-stacks/title";
import { asUser } from "@noctuary/db/access";
import { clustersOf } from "@noctuary/db/clusters/cluster";
import { stackReportOf, stacksOf } from "@noctuary/db/stacks/stack";
import { notesById } from "@noctuary/db/stacks/stack-evidence";
import type { Session } from "./session.ts";

/** What a run did, or in a dry run would do, to one user's stacks, in words. */
export interface StackChanges {
  added: ChangedStack[];
  changed: ChangedStack[];
  retired: { id: string; title: string; cause: string }[];
  failures: StackReport["failures"];
}

export interface ChangedStack {
  id: string;
  kind: string;
  title: string;
  reason: string;
  priority: number;
}

/** null where the run did not look at this user. A report holds numbers and ids; the words come from what is there now. */
export async function stackChanges(
  { db }: Pick<Session, "db">,
  userId: string,
  runId: string,
): Promise<StackChanges | null> {
  return asUser(db, userId, async (tx) => {
    const report = (await stackReportOf(tx, userId, runId)) as StackReport | null;
    if (report === null) return null;
    const shown = [...report.added, ...report.changed];
    const names = new Map((await clustersOf(tx, userId)).map(({ id, name }) => [id, name]));
    const stored = new Map(
      (await stacksOf(tx, userId, { retiredSince: new Date(0) })).map(({ id, title }) => [id, title]),
    );
    const titles = new Map<string, string>();
    for await (const page of notesById(tx, userId, [
      ...new Set(shown.flatMap(({ facts }) => notesBehind(facts))),
    ])) {
      for (const { id, title } of page) titles.set(id, title);
    }
    const inWords = ({ id, kind, clusterId, facts, priority }: (typeof shown)[number]): ChangedStack => ({
      id,
      kind,
      title: plainTitle(
        facts,
        clusterId === null ? null : (names.get(clusterId) ?? null),
        (note) => titles.get(note) ?? "",
      ),
      reason: reasonFor(facts),
      priority,
    });
    return {
      added: report.added.map(inWords),
      changed: report.changed.map(inWords),
      retired: report.retired.map(({ id, cause }) => ({ id, title: stored.get(id) ?? "", cause })),
      failures: report.failures,
    };
  });
}
