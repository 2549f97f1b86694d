import * as z from "zod";
import { fact } from "./fact.ts";
import { sectionSlugs, sentence } from "./section.ts";

/** The version of an insight's shape; a change that a reader would trip over raises it. */
export const INSIGHT_VERSION = 1;

const section = z.object({
  section: z.enum(sectionSlugs),
  title: z.string(),
  writtenBy: z.enum(["model", "template"]),
  sentences: z.array(sentence),
  /** Sentences of the model that did not hold, by reason. */
  dropped: z.record(z.string(), z.number()),
  /** Why the model's sentences are still to come. */
  missing: z.string().nullable(),
  model: z.string().nullable(),
  promptVersion: z.number().nullable(),
  inputTokens: z.number(),
  outputTokens: z.number(),
  costUsd: z.number().nullable(),
});

/** A week's account as it is shown, printed as JSON and documented in docs/cli.md. */
export const insight = z.object({
  version: z.literal(INSIGHT_VERSION),
  userId: z.string(),
  /** YYYY-MM-DD, the last of its seven days and the first. */
  week: z.string(),
  firstDay: z.string(),
  timeZone: z.string(),
  status: z.enum(["complete", "partial"]),
  writtenAt: z.string(),
  runId: z.string(),
  notesLeftOut: z.number(),
  facts: z.array(fact),
  sections: z.array(section),
  /** Titles of the notes that sentences point at, by id. */
  notes: z.record(z.string(), z.string()),
});
export type Insight = z.infer<typeof insight>;
