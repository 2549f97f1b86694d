import type { Run } from "@noctuary/db/ledger/run";

/** The users that a run was asked for, those after `userId` in the database's order; null where it is for all. */
export function usersAskedAfter({ options }: Pick<Run, "options">, userId: string): string[] | null {
  return options.userIds?.toSorted(byBytes).filter((id) => byBytes(id, userId) > 0) ?? null;
}

/** The order of PostgreSQL's "C" collation. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
