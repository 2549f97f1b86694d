import type { TestDatabase } from "./test-database.ts";

/**
 * What a night left for its users, in words that do not depend on the random ids of clusters: two nights that came to
 * the same result have equal outcomes. A topic goes by its smallest note, an area by its smallest topic.
 */
export async function outcomeOf({ query }: Pick<TestDatabase, "query">) {
  const named = `
    with topic as (
      select user_id, cluster_id as id, 'topic of ' || min(note_id) as name from noctuary.cluster_membership group by 1, 2),
    area as (
      select c.user_id, c.parent_id as id, 'area of ' || min(t.name) as name
      from noctuary.cluster c join topic t on t.user_id = c.user_id and t.id = c.id group by 1, 2),
    named as (select * from topic union all select * from area)`;
  return {
    embeddings: await query(`
      select user_id, note_id, model, dimensions, content_hash, md5(vector::text) as vector, failed_hash, failed_code,
        seen_updated_at from noctuary.note_embedding order by user_id, note_id, model, dimensions`),
    memberships: await query(`${named}
      select m.user_id, m.note_id, c.name as cluster, r.name as rival, m.confidence, m.loose
      from noctuary.cluster_membership m left join named c on c.user_id = m.user_id and c.id = m.cluster_id
      left join named r on r.user_id = m.user_id and r.id = m.rival_id order by 1, 2`),
    clusters: await query(`${named}
      select c.user_id, c.level, n.name as cluster, p.name as parent, c.name, c.keyphrases, c.size, c.cohesion,
        md5(c.centroid::text) as centroid, c.born_at, c.retired_at
      from noctuary.cluster c left join named n on n.user_id = c.user_id and n.id = c.id
      left join named p on p.user_id = c.user_id and p.id = c.parent_id order by 1, 2, 3, 5`),
    events: await query(`${named}
      select e.user_id, e.at, e.kind, c.name as cluster, o.name as other, e.note_id, e.notes_before, e.notes_after
      from noctuary.cluster_event e left join named c on c.user_id = e.user_id and c.id = e.cluster_id
      left join named o on o.user_id = e.user_id and o.id = e.other_id order by 1, 3, 4, 5, 6, 7, 8`),
    users: await query(`
      select user_id, clustered_model, hashed_on, deletions_withheld_since from noctuary.user_state order by 1`),
    tasks: await query(`
      select t.user_id, local_date, step, t.status, payload
      from noctuary.task t join noctuary.run r on r.id = t.run_id order by 1, 2, 3, payload::text`),
    counted: await query(`
      select user_id, local_date, counts, needs_cluster, u.status
      from noctuary.run_user u join noctuary.run r on r.id = u.run_id order by 1, 2`),
  };
}

/** Every row of every table, by table. */
export async function contentsOf({ query }: Pick<TestDatabase, "query">): Promise<Record<string, unknown[]>> {
  const tables = await query<{ tablename: string }>(
    "select tablename from pg_tables where schemaname = 'noctuary' order by 1",
  );
  const contents: Record<string, unknown[]> = {};
  for (const { tablename } of tables) {
    const rows = await query<{ row: string }>(
      `select t::text as row from noctuary.${tablename} t order by 1`,
    );
    contents[tablename] = rows.map(({ row }) => row);
  }
  return contents;
}
