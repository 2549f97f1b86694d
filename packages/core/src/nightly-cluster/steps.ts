import * as z from "zod";

/** What a task of each step holds. New fields are optional, so that a task made before a deploy still works after it. */
export const embedPayload = z.object({
  noteIds: z.array(z.string()).min(1),
  /** Ask the provider even where a vector of the same text is stored. */
  full: z.boolean().optional(),
});
export type EmbedPayload = z.infer<typeof embedPayload>;

export const clusterPayload = z.object({
  /** Keep what belongs to notes that vanished. */
  withholdDeletions: z.boolean().optional(),
});
export type ClusterPayload = z.infer<typeof clusterPayload>;

export const EMBED = "embed";
export const CLUSTER = "cluster";
