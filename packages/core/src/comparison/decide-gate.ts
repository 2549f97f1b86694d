/** One user's night, compared. */
export interface ComparedAgreement {
  /** YYYY-MM-DD */
  date: string;
  ari: number;
  notes: number;
}

export interface GateAnswer {
  passed: boolean;
  /** The newest nights, the oldest of them first: agreement over all users, weighted by their notes. */
  nights: { date: string; ari: number; users: number }[];
  why: "agreement" | "too-few-nights" | "below";
}

/** Whether the newest so many nights each agree well enough. A night without notes of both says nothing. */
export function decideGate(
  compared: readonly ComparedAgreement[],
  { least, nights }: { least: number; nights: number },
): GateAnswer {
  const byDate = Map.groupBy(
    compared.filter(({ notes }) => notes > 0),
    ({ date }) => date,
  );
  const newest = [...byDate]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(-nights)
    .map(([date, users]) => ({ date, ...agreementOf(users) }));
  if (newest.length < nights) return { passed: false, nights: newest, why: "too-few-nights" };
  const passed = newest.every(({ ari }) => ari >= least);
  return { passed, nights: newest, why: passed ? "agreement" : "below" };
}

/** How well all users of a night agree, weighted by their notes; 1 where none has notes of both. */
export function agreementOf(compared: readonly ComparedAgreement[]): { ari: number; users: number } {
  const all = compared.reduce((sum, { notes }) => sum + notes, 0);
  const ari = all === 0 ? 1 : compared.reduce((sum, { ari, notes }) => sum + (ari * notes) / all, 0);
  return { ari, users: compared.length };
}
