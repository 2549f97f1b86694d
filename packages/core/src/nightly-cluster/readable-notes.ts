import { asLedger } from "@noctuary/db/access";
import { hasDoubledNotes, seenOfAttached } from "@noctuary/db/notes/attachment";
import { PermanentError, recordable } from "../errors.ts";
import type { PlanStep } from "../job.ts";

/** How PostgreSQL says that a view, a column, a function or a right is not there, and that a value does not fit its type. */
const UNREADABLE = /^(42P01|42703|42883|42501|42804|22\w{3})$/;

/**
 * Where an app's table is attached, its migrations may break the view, and its row security may hide every row. Both look
 * like notes that were deleted, so the run stops before anything is planned: nothing is purged, and the next night that
 * can read goes on.
 *
 * @throws {PermanentError} `notes_unreadable`; `notes_unseen` where there are results and not one note, unless it was
 *   said that deletions are meant; `notes_doubled` where two notes of a user have one id, as two tables of an app may have
 *   once a query joins them: no vector would be of the one or of the other
 */
export async function withReadableNotes<T>(
  { context, run }: Parameters<PlanStep["work"]>[0],
  work: () => Promise<T>,
): Promise<T> {
  try {
    const seen = await asLedger(context.db, seenOfAttached);
    if (seen?.results && !seen.notes && run.options.acceptDeletions !== true) {
      throw new PermanentError(
        "notes_unseen",
        "there are results, and the attached view shows no note of anybody",
      );
    }
    if (seen?.mayDouble && (await asLedger(context.db, hasDoubledNotes)))
      throw new PermanentError("notes_doubled", "two notes of one user have the same id");
    return await work();
  } catch (error) {
    if (error instanceof PermanentError || !UNREADABLE.test(recordable(error).code)) throw error;
    throw new PermanentError("notes_unreadable", "the view noctuary.note cannot be read", { cause: error });
  }
}
