import * as z from "zod";

export const stackKinds = [
  "momentum",
  "recurring",
  "new-theme",
  "unfinished",
  "resurface",
  "near-duplicates",
] as const;
export type StackKind = (typeof stackKinds)[number];

const date = z.iso.date();
const count = z.int().min(0);
const noteIds = z.array(z.string());

/**
 * What a stack's reason and title rest on: numbers, local dates and note ids, nothing else. Each can be computed again
 * from the user's notes and clusters (verify-facts.ts). `noteIds` are the notes that were counted, all of them.
 */
export const factsByKind = {
  momentum: z.object({
    kind: z.literal("momentum"),
    from: date,
    to: date,
    notes: count,
    days: count,
    /** Notes in the time before that the theme is measured against. */
    notesBefore: count,
    beforeFrom: date,
    beforeTo: date,
    /** Notes in as many days as from..to, at the theme's own rate of before. */
    usual: z.number(),
    noteIds,
  }),
  recurring: z.object({
    kind: z.literal("recurring"),
    from: date,
    to: date,
    /** Weeks of those from..to in which there was a note. */
    weeks: count,
    ofWeeks: count,
    weeksBefore: count,
    ofWeeksBefore: count,
    noteIds,
  }),
  "new-theme": z.object({
    kind: z.literal("new-theme"),
    from: date,
    to: date,
    notes: count,
    days: count,
    /** Notes of the theme that are older. */
    older: count,
    /** The topic that it split from, where it did. */
    splitFrom: z.string().optional(),
    noteIds,
  }),
  unfinished: z.object({
    kind: z.literal("unfinished"),
    from: date,
    to: date,
    todos: count,
    questions: count,
    stubs: count,
    oldest: date,
    noteIds,
  }),
  resurface: z.object({
    kind: z.literal("resurface"),
    from: date,
    to: date,
    /** Old notes with the note of from..to that each is closest to. */
    echoes: z.array(
      z.object({ oldId: z.string(), newId: z.string(), similarity: z.number(), writtenOn: date }),
    ),
    /** The similarity that is usual between a new note and the closest old one. */
    usual: z.number(),
  }),
  "near-duplicates": z.object({
    kind: z.literal("near-duplicates"),
    /** Words that all of them share, and how many each has. */
    sharedWords: count,
    words: z.array(z.object({ noteId: z.string(), words: count })),
    titlesDiffer: z.boolean(),
  }),
} satisfies Record<StackKind, z.ZodType>;

export const facts = z.discriminatedUnion("kind", [
  factsByKind.momentum,
  factsByKind.recurring,
  factsByKind["new-theme"],
  factsByKind.unfinished,
  factsByKind.resurface,
  factsByKind["near-duplicates"],
]);
export type Facts = z.infer<typeof facts>;
export type FactsOf<Kind extends StackKind> = Extract<Facts, { kind: Kind }>;

/** Every note that the facts rest on. */
export function notesBehind(of: Facts): string[] {
  switch (of.kind) {
    case "resurface":
      return [...new Set(of.echoes.flatMap(({ oldId, newId }) => [oldId, newId]))];
    case "near-duplicates":
      return of.words.map(({ noteId }) => noteId);
    default:
      return of.noteIds;
  }
}
