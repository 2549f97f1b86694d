import * as z from "zod";

/**
 * What a fact entitles a sentence to say beyond its figure. A sentence that says "grew" must cite a fact that says
 * `up`, of the very theme that it names.
 */
export const sayings = [
  /** More than in the weeks before, or fewer, or about as many. */
  "up",
  "down",
  "steady",
  /** A theme that began this week, or that came back; a note from before that was changed. */
  "new",
  "back",
  /** The theme with the most notes; the day with the most; the longest note; the most central; a note others link to. */
  "most",
  "busiest",
  "longest",
  "central",
  "linked",
  /** A figure of the weeks before, and not of this one. */
  "past",
  "open",
  "closed",
  /** Two themes, or two notes, that one note brings together. */
  "joined",
  "echo",
  /** Of two notes that are joined or echo each other, the one that is linked to or recalled. */
  "target",
] as const;
export type Saying = (typeof sayings)[number];

export const factUnits = [
  "notes",
  "words",
  "days",
  "themes",
  "links",
  "to-dos",
  "questions",
  "weeks",
  "months",
  "years",
  "percent",
  /** Values that are text: a date (YYYY-MM-DD), a theme's name, a note's title, the words of a to-do or a question. */
  "date",
  "theme",
  "title",
  "text",
] as const;
export type FactUnit = (typeof factUnits)[number];

/** One thing that is known about a week, computed and not narrated. */
export const fact = z.object({
  /** Unique within its week, and the same on every computation: "notes", "theme-2.usual". */
  id: z.string().min(1),
  value: z.union([z.number(), z.string()]),
  unit: z.enum(factUnits),
  /** The theme or note that it is about; without one it is about the whole week. */
  label: z.string().optional(),
  says: z.array(z.enum(sayings)),
  /** The notes behind it. */
  noteIds: z.array(z.string()),
});
export type Fact = z.infer<typeof fact>;
