import type pg from "pg";
import { eventually } from "./steps.ts";

export interface RunRow {
  id: string;
  status: string;
  options: { dryRun?: boolean };
}

export async function runs(database: pg.Client): Promise<RunRow[]> {
  return (await database.query<RunRow>("select id, status, options from noctuary.run")).rows;
}

export function ended(database: pg.Client, runId: string): Promise<RunRow> {
  return eventually(`run ${runId} has ended`, async () =>
    (await runs(database)).find(({ id, status }) => id === runId && status !== "running"),
  );
}
