import { readFileSync } from "node:fs";
import { type OldQueries, oldResults, type UserResults } from "@noctuary/db/comparison/both-results";
import { type NightCost, oldCostOfNight } from "@noctuary/db/comparison/compared-cost";
import type { Database } from "@noctuary/db/database";
import * as z from "zod";
import { UsageError } from "../exit.ts";

const group = z.object({
  id: z.coerce.string(),
  name: z.string().default(""),
  noteIds: z.array(z.coerce.string()),
});

/** What an older system has made, as a file; docs/moving.md has an example. */
const oldFile = z.object({
  costUsd: z.number().optional(),
  seconds: z.number().optional(),
  users: z.record(
    z.string(),
    z.object({
      clusters: z.array(group).default([]),
      stacks: z.array(group).default([]),
      insights: z.array(group).default([]),
    }),
  ),
});

export interface OldSystem {
  byUser: Map<string, UserResults>;
  /** What one of its nights took. */
  costOf: (date: string) => Promise<NightCost>;
}

export interface OldSource {
  file?: string;
  /** Files with queries over its tables, each giving user_id, id, name, note_id. */
  clusters?: string;
  stacks?: string;
  insights?: string;
  /** One over its list of runs: night, seconds, cost_usd. */
  runs?: string;
}

/** @throws {UsageError} for a file that is none, or is not what it should be */
export async function readOldSystem(db: Database, source: OldSource): Promise<OldSystem> {
  if (source.file !== undefined) {
    const { users, costUsd, seconds } = parseFile(source.file);
    const cost: NightCost = { seconds: seconds ?? null, costUsd: costUsd ?? null };
    return { byUser: new Map(Object.entries(users)), costOf: () => Promise.resolve(cost) };
  }
  const queries: OldQueries = {};
  for (const what of ["clusters", "stacks", "insights"] as const) {
    const file = source[what];
    if (file !== undefined) queries[what] = readQuery(file);
  }
  const runs = source.runs === undefined ? null : readQuery(source.runs);
  return {
    byUser: await oldResults(db, queries),
    costOf: async (date) =>
      runs === null ? { seconds: null, costUsd: null } : oldCostOfNight(db, runs, date),
  };
}

function parseFile(file: string): z.infer<typeof oldFile> {
  let value: unknown;
  try {
    value = JSON.parse(readText(file));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`${file} is not JSON: write {"users": {"<id>": {"clusters": [...]}}}`, { cause });
  }
  const { success, data, error } = oldFile.safeParse(value);
  if (success) return data;
  const first = error.issues[0]!;
  throw new UsageError(`${file}: ${first.path.join(".")} ${first.message}. docs/moving.md has an example`);
}

function readQuery(file: string): string {
  return readText(file).trim().replace(/;\s*$/, "");
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: is it the right file?`, { cause });
  }
}
