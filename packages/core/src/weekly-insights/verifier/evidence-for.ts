import type { Fact } from "../fact.ts";
import type { Week } from "../week.ts";
import type { Evidence, NoteText } from "./evidence.ts";

/** What one section is held against: its own facts, the notes it was given, and the names of all themes. */
export function evidenceFor(
  own: readonly Fact[],
  all: readonly Fact[],
  week: Week,
  notes: ReadonlyMap<string, NoteText> = new Map(),
): Evidence {
  return {
    week,
    facts: new Map(own.map((fact) => [fact.id, fact])),
    notes,
    themeNames: new Set(
      all.flatMap((fact) => [
        ...(fact.id.startsWith("theme-") && fact.label !== undefined ? [fact.label] : []),
        ...(fact.unit === "theme" ? [String(fact.value)] : []),
      ]),
    ),
  };
}
