import { sql } from "drizzle-orm";
import pg from "pg";
import type { Transaction } from "../database.ts";

/** What the jobs will see of notes that are attached; all asked inside the transaction that attaches them. */
export interface AttachedCounts {
  notes: number;
  users: number;
  deleted: number;
  excluded: number;
  /** Rows beyond the first of one user and id. */
  doubles: number;
}

/** Reads as the ledger: ids and no texts. */
export async function attachedCounts(tx: Transaction): Promise<AttachedCounts> {
  await takeOn(tx, "noctuary_ledger");
  const { rows } = await tx.execute<AttachedCounts & Record<string, unknown>>(sql`
    select coalesce(sum(n), 0)::int as notes, count(distinct user_id)::int as users, coalesce(sum(deleted), 0)::int as deleted,
      coalesce(sum(excluded), 0)::int as excluded, coalesce(sum(n - 1), 0)::int as doubles
    from (select user_id, id, count(*) as n, count(*) filter (where deleted_at is not null) as deleted,
        count(*) filter (where ai_excluded and deleted_at is null) as excluded
      from noctuary.note group by user_id, id) each_note`);
  await takeOn(tx, "none");
  return rows[0]!;
}

export interface ShownNote {
  userId: string;
  id: string;
  title: string;
  body: string;
  tags: string[];
  updatedAt: string;
  isDeleted: boolean;
  aiExcluded: boolean;
}

/** The newest notes, each read as its user's, as the jobs read it. */
export async function newestNotes(tx: Transaction, limit: number): Promise<ShownNote[]> {
  await takeOn(tx, "noctuary_ledger");
  const { rows: ids } = await tx.execute<{ user_id: string; id: string }>(
    sql`select user_id, id from noctuary.note order by updated_at desc, user_id, id limit ${limit}`,
  );
  const shown: ShownNote[] = [];
  for (const { user_id, id } of ids) {
    await takeOn(tx, "noctuary_user", user_id);
    const { rows } = await tx.execute<ShownNote & Record<string, unknown>>(sql`
      select user_id as "userId", id, title, left(body, 400) as body, tags, updated_at::text as "updatedAt",
        deleted_at is not null as "isDeleted", ai_excluded as "aiExcluded"
      from noctuary.note where user_id = ${user_id} and id = ${id}`);
    shown.push(...rows);
  }
  await takeOn(tx, "none");
  return shown;
}

/** A relation that a user's reads go through from end to end, and what they look for there. */
export interface WholeScan {
  /** Quoted where it needs to be, with its schema. */
  relation: string;
  condition: string | null;
}

interface PlanNode {
  "Node Type": string;
  Schema?: string;
  "Relation Name"?: string;
  "Index Cond"?: string;
  Filter?: string;
  Plans?: PlanNode[];
}

/** One user's page of notes, as the plan of a night reads it: its EXPLAIN, and what no index helps with. */
export async function explainPage(
  tx: Transaction,
  userId: string,
): Promise<{ plan: string[]; scans: WholeScan[] }> {
  const page = sql`select id, updated_at, deleted_at is null, ai_excluded from noctuary.note
    where user_id = ${sql.raw(pg.escapeLiteral(userId))} and id > '' order by id limit 5000`;
  // A small table is rightly read whole: what matters is whether an index could be used.
  await tx.execute(sql`select set_config('enable_seqscan', 'off', true)`);
  const { rows } = await tx.execute<{ "QUERY PLAN": [{ Plan: PlanNode }] }>(
    sql`explain (format json, verbose) ${page}`,
  );
  const { rows: lines } = await tx.execute<{ "QUERY PLAN": string }>(sql`explain (costs off) ${page}`);
  await tx.execute(sql`select set_config('enable_seqscan', 'on', true)`);
  const scans: WholeScan[] = [];
  const marker = `${pg.escapeLiteral(userId)}::text`;
  const visit = (node: PlanNode) => {
    const isScan = node["Relation Name"] !== undefined && !/Bitmap Heap/.test(node["Node Type"]);
    if (isScan && node.Schema !== "pg_catalog" && !(node["Index Cond"] ?? "").includes(marker)) {
      const condition = conditionOn(node.Filter ?? "", marker);
      const relation = [node.Schema!, node["Relation Name"]!].map(quoted).join(".");
      scans.push({ relation, condition });
    }
    for (const child of node.Plans ?? []) visit(child);
  };
  visit(rows[0]!["QUERY PLAN"][0].Plan);
  return { plan: lines.map((line) => line["QUERY PLAN"]), scans };
}

/** As `quote_ident` does: a name in capitals is another name without quotes. */
function quoted(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : pg.escapeIdentifier(name);
}

/** "(n.user_id)::text" of "... (((n.user_id)::text)::text = 'u'::text) ...". */
function conditionOn(filter: string, marker: string): string | null {
  const at = filter.indexOf(` = ${marker}`);
  if (at < 0) return null;
  let depth = 0;
  for (let i = at - 1; i >= 0; i--) {
    if (filter[i] === ")") depth += 1;
    if (filter[i] === "(" && depth-- === 0)
      return filter.slice(i + 1, at).replaceAll(/\b\w+\.(?=["\w])/g, "");
  }
  return null;
}

async function takeOn(
  tx: Transaction,
  role: "noctuary_ledger" | "noctuary_user" | "none",
  userId = "",
): Promise<void> {
  await tx.execute(sql`select set_config('role', ${role}, true), set_config('app.user_id', ${userId}, true)`);
}
