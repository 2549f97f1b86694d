import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { attachAppNotes } from "@noctuary/cli/attach/attach-notes";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { openNight } from "../support/night.ts";
import { themedNotes } from "../support/notes.ts";

const ADA = "00000000-0000-4000-8000-00000000000a";
const BOB = "00000000-0000-4000-8000-00000000000b";
const login = `notes_app_${process.pid}`;

const database = databaseOfFile();
let server: Server;
let url: string;

beforeAll(async () => {
  const schema = readFileSync(new URL("../../examples/notes-app/schema.sql", import.meta.url), "utf8");
  await database.query(schema.replaceAll("notes_app", login));
  for (const [token, user] of [
    ["of-ada", ADA],
    ["of-bob", BOB],
  ]) {
    await database.query("insert into app.session values ($1, $2, now() + interval '1 hour')", [token, user]);
    await database.query(
      `insert into app.note (owner_id, title, body, created_at, updated_at)
       select $1, title, body, '2026-10-20', '2026-10-20' from jsonb_to_recordset($2::jsonb) as n(title text, body text)`,
      [user, JSON.stringify(themedNotes(24))],
    );
  }
  await database.db.drizzle.transaction((tx) =>
    attachAppNotes(tx, {
      relation: "app.note",
      columns: { userId: "owner_id" },
      format: "plain",
      timeZone: "UTC",
    }),
  );
  const night = await openNight(database, { environment: { NOCTUARY_DIMENSIONS: "256" } });
  await night.run({}, "2026-10-25T07:00:00Z");
  await night.run({}, "2026-10-25T07:30:00Z", "nightly-stacks");
  await night.run({}, "2026-10-25T08:00:00Z", "weekly-insights");
  await night.close();
  await database.query(
    `insert into noctuary.smart_stack (user_id, id, kind, title, reason, facts, priority, priority_parts, born_at, seen_at)
    values ($1, 'a-stack', 'momentum', 'Bread', 'because', '{}', 1, '{}', now(), now()) on conflict do nothing`,
    [ADA],
  );
  // @ts-expect-error an example is plain JavaScript, as an app may be
  const { notesApp } = await import("../../examples/notes-app/app.mjs");
  const asLogin = Object.assign(new URL(database.url), { username: login, password: "change-me" });
  server = notesApp(asLogin.href);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await once(server, "close");
  await database.query(`drop owned by ${login}; drop role ${login}`);
});

async function call(path: string, { token = "of-ada", ...request }: RequestInit & { token?: string } = {}) {
  const response = await fetch(`${url}${path}`, {
    ...request,
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, body: (await response.json()) as never };
}
const get = async <T>(path: string, token?: string) =>
  (await call(path, { ...(token && { token }) })).body as T;
const post = (path: string, body: unknown = {}) => call(path, { method: "POST", body: JSON.stringify(body) });

interface Cluster {
  id: string;
  name: string;
  level: string;
  size: number;
}
const topics = async (token?: string) =>
  (await get<Cluster[]>("/api/clusters", token)).filter(({ level }) => level === "topic");

describe("the example app", () => {
  test("shows clusters with their notes, history and related notes, each user their own", async () => {
    const own = await topics();
    expect(own.length).toBeGreaterThan(1);
    expect(own.reduce((sum, { size }) => sum + size, 0)).toBe(24);
    const notes = await get<{ id: string; title: string }[]>(`/api/clusters/${own[0]!.id}/notes`);
    expect(notes).toHaveLength(own[0]!.size);
    expect(await get<unknown[]>(`/api/clusters/${own[0]!.id}/history`)).toContainEqual(
      expect.objectContaining({ kind: "born" }),
    );
    const related = await get<{ similarity: number }[]>(`/api/notes/${notes[0]!.id}/related`);
    expect(related).toHaveLength(10);
    expect(await get<unknown[]>(`/api/clusters/${own[0]!.id}/notes`, "of-bob"), "another user's").toEqual([]);
  });

  test("keeps a renamed cluster and a moved note, and takes an edit back", async () => {
    const [first, second] = await topics();
    expect((await post(`/api/clusters/${first!.id}/rename`, { name: "Mine" })).status).toBe(201);
    expect((await topics()).map(({ name }) => name)).toContain("Mine");
    const [note] = await get<{ id: string }[]>(`/api/clusters/${second!.id}/notes`);
    const moved = await post(`/api/clusters/${first!.id}/move`, { note: note!.id });
    expect(moved.status).toBe(201);
    const { id } = moved.body as { id: string };
    expect((await post(`/api/edits/${id}/undo`)).status).toBe(201);
    expect((await post(`/api/edits/${id}/undo`)).status).toBe(404);
  });

  test("shows stacks and weeks, dismisses one, sets a time zone", async () => {
    expect((await get<{ id: string }[]>("/api/stacks")).map(({ id }) => id)).toContain("a-stack");
    expect((await post("/api/stacks/a-stack/dismiss")).status).toBe(201);
    expect((await get<{ id: string }[]>("/api/stacks")).map(({ id }) => id)).not.toContain("a-stack");
    const weeks = await get<{ sentences: unknown[] }[]>("/api/weeks");
    expect(weeks[0]!.sentences.length).toBeGreaterThan(0);
    expect((await post("/api/settings/time-zone/Europe%2FBerlin")).status).toBe(201);
  });

  test("forgets a note: deletes it in the app, and asks for what was derived from it", async () => {
    const [topic] = await topics();
    const [note] = await get<{ id: string }[]>(`/api/clusters/${topic!.id}/notes`);
    expect((await post(`/api/notes/${note!.id}/forget`)).status).toBe(201);
    expect(await get<{ id: string }[]>(`/api/clusters/${topic!.id}/notes`)).not.toContainEqual(
      expect.objectContaining({ id: note!.id }),
    );
    expect(await database.query("select user_id, note_id from noctuary.forget")).toEqual([
      { user_id: ADA, note_id: String(note!.id) },
    ]);
  });

  test.each([
    ["/api/clusters", "nobody", 401],
    ["/api/nothing", "of-ada", 404],
  ])("%s as %s is answered with %i", async (path, token, status) => {
    expect((await call(path, { token })).status).toBe(status);
  });

  test("what makes no sense is refused, and says so", async () => {
    expect((await post("/api/clusters/nowhere/rename", { name: "x" })).status).toBe(404);
    const [topic] = await topics();
    expect((await post(`/api/clusters/${topic!.id}/rename`, {})).status).toBe(400);
    expect((await post(`/api/clusters/${topic!.id}/rename`, { name: "   " })).status).toBe(400);
  });
});
