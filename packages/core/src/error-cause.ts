import { providerProblems } from "./provider/provider-errors.ts";

const OWN = [
  "worker_died",
  "out_of_time",
  "run_cancelled",
  "notes_unreadable",
  "notes_unseen",
  "notes_doubled",
  "wrong_vectors",
  "sections_missing",
  "version_conflict",
  "empty_note",
  "pgvector_missing",
  "newer_schema",
  "wrong_settings",
  "queue_url_missing",
];
const REFUSED = "provider_refused";
const DATABASE = "database";
const NETWORK = "network";
const OTHER = "other";

/** Everything that the dimension `code` of a metric may be: each costs a metric a step, so their number is bounded. */
export const errorCauses: readonly string[] = [
  ...OWN,
  ...Object.keys(providerProblems),
  REFUSED,
  DATABASE,
  NETWORK,
  OTHER,
];

/** A SQLSTATE: five digits or capitals, of which the system's own error names (EPIPE) have no digit. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
const SYSTEM = /^(E[A-Z]+(_[A-Z]+)?|ERR_[A-Z_]+|UND_[A-Z_]+)$/;

/** The cause that an error's code is counted under. The code itself stands in the log and in the ledger. */
export function errorCause(code: string): string {
  if (errorCauses.includes(code)) return code;
  if (code.startsWith("provider_")) return REFUSED;
  if (SQLSTATE.test(code)) return DATABASE;
  return SYSTEM.test(code) ? NETWORK : OTHER;
}
