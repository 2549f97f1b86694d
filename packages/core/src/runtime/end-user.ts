import type { UserTransaction } from "@noctuary/db/access";
import type { Run } from "@noctuary/db/ledger/run";
import { lockRunUser, saveRunUser } from "@noctuary/db/ledger/run-user";

/** Ends a user's part in a run that has one task a user, in the transaction that ended the task. */
export async function endUser(
  tx: UserTransaction,
  run: Pick<Run, "id">,
  userId: string,
  status: "done" | "failed",
): Promise<void> {
  await saveRunUser(tx, run.id, { ...(await lockRunUser(tx, run.id, userId)), status });
}
