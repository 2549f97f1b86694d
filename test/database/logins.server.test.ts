import { asLedger, asUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { ensureLogin, type Login } from "@noctuary/db/login";
import { claimEmbedTask } from "@noctuary/db/notes/notes-to-embed";
import { sql } from "drizzle-orm";
import { afterAll, expect, onTestFinished, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const ROLES: Record<string, Login["roles"]> = {
  ledger: ["noctuary_ledger"],
  users: ["noctuary_ledger", "noctuary_user"],
};
const suffix = Math.random().toString(36).slice(2, 10);

const database = databaseOfFile();

afterAll(async () => {
  for (const name of Object.keys(ROLES)) await database.query(`drop role if exists ${quoted(name)}`);
});

const nameOf = (login: string) => `noctuary "${login}" ${suffix}`;

const quoted = (login: string) => `"${nameOf(login).replaceAll('"', '""')}"`;

async function urlOf(login: string, password: string): Promise<string> {
  const name = nameOf(login);
  await ensureLogin(database.db, { name, password, roles: ROLES[login]! });
  const url = new URL(database.url);
  url.username = encodeURIComponent(name);
  url.password = encodeURIComponent(password);
  return url.href;
}

async function logIn(login: string, password: string) {
  const db = openDatabase({ url: await urlOf(login, password), maxConnections: 1 });
  onTestFinished(() => db.close());
  return db;
}

test("the ledger's login sees runs of all users, and can take on no user", async () => {
  const db = await logIn("ledger", "it's a ' secret");
  expect(await asLedger(db, (tx) => tx.execute(sql`select 1 from noctuary.run`))).toMatchObject({ rows: [] });
  await expect(asUser(db, "u1", async () => {})).rejects.toMatchObject({ cause: { code: "42501" } });
});

test("the users' login takes on one user at a time, and has no right of its own", async () => {
  const db = await logIn("users", "secret");
  await asUser(db, "u1", (tx) => tx.execute(sql`select body from noctuary.note`));
  await expect(db.drizzle.execute(sql`select body from noctuary.note`)).rejects.toMatchObject({
    cause: { code: "42501" },
  });
});

test("the ledger's login is enough for the reconciler and for plans that count users, not for one that reads notes", async () => {
  await putNotes(database, "u1", themedNotes(3));
  const night = await openNight({ ...database, url: await urlOf("ledger", "secret") });
  onTestFinished(() => night.close());
  const planOf = async (job: "nightly-cluster" | "nightly-stacks" | "weekly-insights", options = {}) => {
    const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-01T08:00:00Z", options }, job);
    const [plan] = await database.query<{ status: string; code: string | null }>(
      `select status, error ->> 'code' as code from noctuary.task where run_id = '${runId}' and step = 'plan'`,
    );
    return plan;
  };
  expect(await planOf("nightly-stacks")).toEqual({ status: "done", code: null });
  expect(await planOf("weekly-insights")).toEqual({ status: "done", code: null });
  // Of new notes ids and times are enough; whether one has changed is told by its text.
  expect(await planOf("nightly-cluster")).toEqual({ status: "done", code: null });
  expect(await planOf("nightly-cluster", { full: true })).toEqual({
    status: "failed",
    code: "notes_unreadable",
  });
  await night.reconcile();
});

test("a login that can take on no user claims no embed task, for the texts come with the claim; the users' login does", async () => {
  await putNotes(database, "u2", themedNotes(3));
  const night = await openNight(database);
  onTestFinished(() => night.close());
  const options = { userIds: ["u2"] };
  const { runId } = await night.start({ trigger: "manual", asOf: "2026-11-02T07:00:00Z", options });
  const [task] = await database.query<{ id: string }>(
    "select id from noctuary.task where run_id = $1 and step = 'embed'",
    [runId],
  );
  const asked = { id: task!.id, leaseMs: 60_000, maxNotes: 10, maxBytes: 10_000 };
  const model = { model: "m", dimensions: 3 };
  const refused = claimEmbedTask(await logIn("ledger", "secret"), model, asked);
  await expect(refused).rejects.toMatchObject({ code: "42501" });
  const claim = await claimEmbedTask(await logIn("users", "secret"), model, asked);
  expect(claim!.task.attempt, "what was refused has cost no try").toBe(1);
  expect(claim!.ahead).toHaveLength(3);
});

test("another password replaces the former one, and the server was told neither", async () => {
  await logIn("users", "the-first-password");
  await logIn("users", "the-second-password");
  const [stored] = await database.query<{ rolpassword: string; rolconfig: string[] }>(
    `select a.rolpassword, r.rolconfig from pg_authid a join pg_roles r using (oid) where a.rolname = '${nameOf("users")}'`,
  );
  expect(stored!.rolpassword).toMatch(/^SCRAM-SHA-256\$4096:/);
  expect(stored!.rolconfig).toEqual(["idle_session_timeout=10min"]);
});
