import { createServer } from "node:http";
import pg from "pg";

/**
 * A small notes app that shows what Noctuary has made of its notes: clusters, stacks, weeks, related notes; and that
 * writes back what its users decide. Nothing but node:http and pg.
 *
 * The app signs people in by a table of its own (`app.session`). Every query about a user's results runs in a transaction
 * that begins by saying who asks: row-level security shows that user's rows and no others, whatever the query says.
 */

/** GET routes, each one query over the views of docs/contract.md. `$1` is the user, for the index; `$2` an id. */
const READS = {
  "/api/clusters": `select c.id, c.name, c.level, c.parent_id as area, c.size, c.keyphrases from noctuary.app_cluster c
    where c.user_id = $1 and c.retired_at is null order by c.level, c.size desc, c.id`,
  "/api/clusters/:id/notes": `select n.id, n.title, m.confidence, m.loose from noctuary.app_cluster_note m
    join app.note n on n.id::text = m.note_id where m.user_id = $1 and m.cluster_id = $2
    order by m.loose, m.confidence desc, n.id`,
  "/api/clusters/:id/history": `select e.at, e.kind, e.other_id, e.notes_before, e.notes_after from noctuary.app_cluster_event e
    where e.user_id = $1 and e.cluster_id = $2 and e.kind <> 'moved' order by e.at, e.id`,
  "/api/notes/:id/related": `select n.id, n.title, r.similarity, r.cluster_id from noctuary.app_related_notes($2, 10) r
    join app.note n on n.id::text = r.related_id and n.owner_id::text = $1 order by r.similarity desc`,
  "/api/stacks": `select s.id, s.kind, s.title, s.reason, s.priority, s.kept, (select json_agg(k.note_id order by k.rank)
      from noctuary.app_stack_note k where k.user_id = s.user_id and k.stack_id = s.id) as notes
    from noctuary.app_stack s where s.user_id = $1 order by s.priority desc, s.id`,
  "/api/weeks": `select i.week, i.status, (select json_agg(json_build_object('section', t.section, 'text', t.text, 'notes', t.note_ids)
      order by t.section_position, t.position) from noctuary.app_insight_sentence t
      where t.user_id = i.user_id and t.week = i.week) as sentences
    from noctuary.app_insight i where i.user_id = $1 order by i.week desc limit 8`,
};

/** POST routes: what a user may decide. Each is one row of a writable table; `input` names the fields of the body. */
const WRITES = {
  "/api/clusters/:id/rename": {
    input: ["name"],
    sql: "insert into noctuary.cluster_edit (user_id, kind, cluster_id, name) values ($1, 'rename', $2, $3) returning id",
  },
  "/api/clusters/:id/move": {
    input: ["note"],
    sql: "insert into noctuary.cluster_edit (user_id, kind, cluster_id, note_ids) values ($1, 'move', $2, array[$3]) returning id",
  },
  "/api/edits/:id/undo": {
    input: [],
    sql: "delete from noctuary.cluster_edit where user_id = $1 and id = $2 returning id",
  },
  "/api/stacks/:id/dismiss": {
    input: [],
    sql: `insert into noctuary.stack_verdict (user_id, stack_id, verdict) values ($1, $2, 'dismissed')
      on conflict (user_id, stack_id) do update set verdict = excluded.verdict, at = now() returning stack_id as id`,
  },
  "/api/notes/:id/forget": {
    input: [],
    sql: `with deleted as (update app.note set deleted_at = now(), updated_at = now() where owner_id::text = $1 and id::text = $2 returning id)
      insert into noctuary.forget (user_id, note_id) select $1, id::text from deleted returning id`,
  },
  "/api/settings/time-zone/:id": {
    input: [],
    sql: `insert into noctuary.user_setting (user_id, time_zone) values ($1, $2)
      on conflict (user_id) do update set time_zone = excluded.time_zone returning time_zone as id`,
  },
};

/** What the database refuses of a decision, as an answer. */
const REFUSALS = {
  23503: [404, "there is no such cluster or stack"],
  23514: [400, "that decision makes no sense"],
};

/** @param {string} databaseUrl a login that is a member of `noctuary_app` */
export function notesApp(databaseUrl) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 4 });
  const server = createServer(async (request, response) => {
    const { status, body } = await answer(pool, request).catch((error) => {
      const [status, message] = REFUSALS[error.code] ?? [500, "that failed on our side"];
      return { status, body: { error: message } };
    });
    response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
    response.end(JSON.stringify(body));
  });
  server.on("close", () => pool.end());
  return server;
}

async function answer(pool, request) {
  const { pathname } = new URL(request.url, "http://app");
  const isRead = request.method === "GET";
  const routes = isRead ? READS : request.method === "POST" ? WRITES : {};
  const [route, id] = match(Object.keys(routes), pathname);
  if (route === undefined) return { status: 404, body: { error: "there is no such page" } };
  const token = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? "")?.[1];
  const userId = token === undefined ? undefined : await signedIn(pool, token);
  if (userId === undefined) return { status: 401, body: { error: "sign in first" } };
  const parameters = id === undefined ? [userId] : [userId, id];
  if (isRead) return { status: 200, body: await asUser(pool, userId, routes[route], parameters) };
  const { input, sql } = routes[route];
  const body = input.length === 0 ? {} : await readJson(request);
  const missing = input.find((field) => typeof body?.[field] !== "string");
  if (missing !== undefined) return { status: 400, body: { error: `send {"${missing}": "..."} as JSON` } };
  const rows = await asUser(pool, userId, sql, [...parameters, ...input.map((field) => body[field])]);
  return rows.length === 0
    ? { status: 404, body: { error: "there is no such thing of yours" } }
    : { status: 201, body: rows[0] };
}

function match(routes, pathname) {
  for (const route of routes) {
    const found = new RegExp(`^${route.replace(":id", "([^/]{1,200})")}$`).exec(pathname);
    if (found !== null) return [route, found[1] === undefined ? undefined : decodeURIComponent(found[1])];
  }
  return [];
}

async function signedIn(pool, token) {
  const { rows } = await pool.query(
    "select user_id::text as id from app.session where token = $1 and expires_at > now()",
    [token],
  );
  return rows[0]?.id;
}

/** The one way to a user's results. The setting is the transaction's own, so a transaction pooler may stand in between. */
async function asUser(pool, userId, sql, parameters) {
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query("select set_config('app.user_id', $1, true)", [userId]);
    const { rows } = await client.query(sql, parameters);
    await client.query("commit");
    return rows;
  } catch (error) {
    await client.query("rollback");
    throw error;
  } finally {
    client.release();
  }
}

const MAX_BODY_BYTES = 64 * 1024;

async function readJson(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY_BYTES) return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

if (import.meta.main) {
  const server = notesApp(process.env.DATABASE_URL);
  server.listen(3000, () => process.stdout.write("http://127.0.0.1:3000\n"));
}
