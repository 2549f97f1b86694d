import { readFileSync } from "node:fs";
import { type OldQueries, oldResults, type UserResults } from "@noctuary/db/comparison/both-results";
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
  costUsd?: number;
  seconds?: number;
}

export interface OldSource {
  file?: string;
  /** Files with queries over its tables, each giving user_id, id, name, note_id. */
  clusters?: string;
  stacks?: string;
  insights?: string;
}

/** @throws {UsageError} for a file that is none, or is not what it should be */
export async function readOldSystem(db: Database, source: OldSource): Promise<OldSystem> {
  if (source.file !== undefined) {
    const { users, costUsd, seconds } = parseFile(source.file);
    return {
      byUser: new Map(Object.entries(users)),
      ...(costUsd === undefined ? {} : { costUsd }),
      ...(seconds === undefined ? {} : { seconds }),
    };
  }
  const queries: OldQueries = {};
  for (const what of ["clusters", "stacks", "insights"] as const) {
    const file = source[what];
    if (file !== undefined) queries[what] = readText(file).trim().replace(/;\s*$/, "");
  }
  return { byUser: await oldResults(db, queries) };
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

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new UsageError(`${file} cannot be read: is it the right file?`, { cause });
  }
}
