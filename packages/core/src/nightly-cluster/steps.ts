import * as z from "zod";

/** What a task of each step holds. New fields are optional, so that a task made before a deploy still works after it. */
const full = z
  /** Ask the provider even where a vector of the same text is stored. */
  .boolean()
  .optional();

/** Notes of one user from one id to another, in the order of their bytes, both of them included. */
const rangePayload = z.object({
  firstId: z.string(),
  lastId: z.string(),
  /** What the plan found in it: so many notes to embed, and the bytes of their texts where it looked at them. */
  notes: z.number().int(),
  bytes: z.number().int().optional(),
  /** Compare the texts too, of notes that say they have not changed. */
  rehash: z.boolean().optional(),
  full,
});
export type NoteRangePayload = z.infer<typeof rangePayload>;

/** Tasks that are older than ranges name their notes one by one. */
const idsPayload = z.object({ noteIds: z.array(z.string()).min(1), full });

export const embedPayload = z.union([rangePayload, idsPayload]);
export type EmbedPayload = z.infer<typeof embedPayload>;

export const clusterPayload = z.object({
  /** Keep what belongs to notes that vanished. */
  withholdDeletions: z.boolean().optional(),
  /** How many notes the plan found gone. */
  vanished: z.number().int().optional(),
});
export type ClusterPayload = z.infer<typeof clusterPayload>;

export const EMBED = "embed";
export const CLUSTER = "cluster";
