import { sql } from "drizzle-orm";
import type { UserTransaction } from "../access.ts";
import { textArray } from "../text-array.ts";
import type { ClusterLevel } from "./clusters.sql.ts";

export interface RetiredCluster {
  id: string;
  level: ClusterLevel;
  mergedInto: string | null;
  /** The edit that ended it. */
  retiredBy: string | null;
  /** Empty once its season is over. */
  lastMembers: string[];
}

/**
 * Clusters that are no more, in the order of their ids: with their last notes those that were retired after `since`,
 * or by an edit whenever that was.
 */
export async function retiredClusters(
  tx: UserTransaction,
  userId: string,
  since: Date,
): Promise<RetiredCluster[]> {
  const { rows } = await tx.execute<RetiredCluster & Record<string, unknown>>(sql`
    select id, level, merged_into as "mergedInto", retired_by as "retiredBy",
      case when retired_at > ${since.toISOString()}::timestamptz or retired_by is not null then last_members
        else '{}' end as "lastMembers"
    from cluster where user_id = ${userId} and retired_at is not null order by id`);
  return rows;
}

/** Retires every cluster of the user but `livingIds`, and keeps of each what it takes to know it again. */
export async function retireClusters(
  tx: UserTransaction,
  userId: string,
  { livingIds, ended, at }: { livingIds: string[]; ended: Omit<RetiredCluster, "level">[]; at: Date },
): Promise<void> {
  await tx.execute(sql`
    with ended as (
      select * from jsonb_to_recordset(${JSON.stringify(ended)}::jsonb)
        as e(id text, "mergedInto" text, "retiredBy" text, "lastMembers" jsonb)),
    gone as (
      select c.id, e."mergedInto", e."retiredBy", coalesce(e."lastMembers", '[]') as members
      from cluster c left join ended e on e.id = c.id
      where c.user_id = ${userId} and c.retired_at is null and c.id <> all(${textArray(livingIds)}))
    update cluster c set retired_at = ${at.toISOString()}::timestamptz, size = 0, centroid = null,
      merged_into = g."mergedInto", retired_by = g."retiredBy",
      last_members = array(select jsonb_array_elements_text(g.members))
    from gone g where c.user_id = ${userId} and c.id = g.id`);
}

/** Lets go of what was kept of clusters whose season is over, and of those that were looked for in vain. */
export async function forgetRetiredMembers(
  tx: UserTransaction,
  userId: string,
  { since, inVain }: { since: Date; inVain: { id: string; retiredBy: string | null }[] },
): Promise<void> {
  await tx.execute(sql`
    update cluster c set retired_by = v."retiredBy"
    from jsonb_to_recordset(${JSON.stringify(inVain)}::jsonb) as v(id text, "retiredBy" text)
    where c.user_id = ${userId} and c.id = v.id and c.retired_at is not null`);
  await tx.execute(sql`
    update cluster set last_members = '{}' where user_id = ${userId} and retired_by is null and last_members <> '{}'
      and retired_at <= ${since.toISOString()}::timestamptz`);
}
