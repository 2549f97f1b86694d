import { type BudgetProblem, budgetProblems } from "@noctuary/core/budget/budget-problems";
import { type ProviderProblem, providerProblems } from "@noctuary/core/provider/provider-errors";

/** What the codes that are recorded for a note or a task mean, with what to do. Codes of providers have their own list. */
const meanings: Readonly<Record<string, string>> = {
  empty_note: "there is no text to embed: write some",
  empty_input: "there is no text to embed: write some",
  provider_refused_400: "the provider will not take this text: change it, or keep it out with ai: false",
  provider_refused_413: "the text is too long for the provider: set maxInputTokens lower, or split the note",
  provider_refused_422: "the provider will not take this text: change it, or keep it out with ai: false",
  provider_refused_500: "the provider breaks down over this text: change it, or keep it out with ai: false",
  provider_refused_content:
    "the provider's content filter refuses this text: keep it out with ai: false, or use another provider",
  provider_refused_length:
    "the text is too long for the model: set maxInputTokens to what the model takes, and run it with --full",
  provider_wrong_vector:
    "the provider's vector for this text holds no numbers: change the text, or use another model",
  wrong_vectors: "the embedder answered with another number of vectors than it was asked for",
  run_cancelled: "somebody cancelled the run before it was done",
  notes_unreadable:
    "the notes cannot be read: a migration of the app has changed what its notes are read from. Nothing was removed. Attach them again: `noctuary attach`",
  notes_doubled:
    "two notes of one user have the same id, so that no vector would be of either: put a word before the ids of each table in the query that is attached. Nothing was removed",
  notes_unseen:
    "no note of anybody can be seen, though there are results: has the role lost its rights, or row security been switched on? Nothing was removed. If all notes are meant to be gone: --accept-deletions",
  out_of_time:
    "the function's time was up before the work had ended, at each try: give it more memory, which is also more processor",
  worker_died: "each try ended without a word: is there enough memory?",
};

/** What a recorded code means, followed by the code: "the provider did not answer in time (provider_timeout)". */
export function sayCode(code: string): string {
  const meaning =
    meanings[code] ?? providerProblems[code as ProviderProblem] ?? budgetProblems[code as BudgetProblem];
  return meaning === undefined ? code : `${meaning} (${code})`;
}
