import type { UserTransaction } from "@noctuary/db/access";
import { saveUserState } from "@noctuary/db/account/account";
import type { Run } from "@noctuary/db/ledger/run";
import { endRunUser } from "@noctuary/db/ledger/run-user";

/** Called when the night is called off for a user before all of the user's tasks were made. */
export async function abandonUser(tx: UserTransaction, run: Run, userId: string): Promise<void> {
  await saveUserState(tx, userId, { editsPending: true });
  await endRunUser(tx, run, userId, "failed");
}
