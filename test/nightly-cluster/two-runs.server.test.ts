import { asUser } from "@noctuary/db/access";
import { addEdit } from "@noctuary/db/clusters/cluster-edit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChatRequest, type ChatServer, materialOf, startChatServer } from "../support/chat-server.ts";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes, themedNotes } from "../support/notes.ts";

const database = databaseOfFile();
let chat: ChatServer;
let night: Night;
beforeAll(async () => {
  chat = await startChatServer(namesOf);
  night = await openNight(database, {
    environment: { NOCTUARY_LLM: "openai", NOCTUARY_LLM_BASE_URL: chat.url },
  });
});
afterAll(async () => {
  await night.close();
  await chat.close();
});

function namesOf(request: ChatRequest): { content: object } {
  const { groups } = materialOf(request) as { groups: { group: number; keyphrases: string[] }[] };
  return {
    content: {
      names: groups.map(({ group, keyphrases: [first, second] }) => ({
        group,
        name: `${second} and ${first}`,
      })),
    },
  };
}

test("two runs over one user at once, and edits meanwhile: no identity is lost, every end has one event", async () => {
  await putNotes(database, "u", themedNotes(60, { themes: 5 }));
  await night.run();
  const living = () =>
    database.query<{ id: string }>("select id from noctuary.cluster where retired_at is null order by id");
  const before = await living();
  const topics = await database.query<{ id: string }>(
    "select id from noctuary.cluster where level = 'topic' order by id",
  );
  await putNotes(database, "u", themedNotes(20, { themes: 6, from: 60 }));

  const asOf = "2026-11-03T07:00:00Z";
  const runs = await Promise.all([
    night.start({ trigger: "manual", asOf, options: {} }),
    night.start({ trigger: "manual", asOf, options: { full: true } }),
  ]);
  for (const message of await night.receive("embed")) await night.deliver("embed", [message]);
  const messages = await night.receive("cluster");
  expect(messages.length).toBe(2);
  await Promise.all([
    ...messages.map((message) => night.deliver("cluster", [message])),
    asUser(database.db, "u", (tx) =>
      addEdit(tx, "u", { kind: "merge", clusterId: topics[0]!.id, otherId: topics[1]!.id }),
    ),
    asUser(database.db, "u", (tx) => addEdit(tx, "u", { kind: "pin", clusterId: topics[2]!.id })),
  ]);
  for (const { runId } of runs) expect((await night.finish(runId)).status).toBe("done");
  await night.run({}, "2026-11-04T07:00:00Z");

  const now = new Set((await living()).map(({ id }) => id));
  expect(now).not.toContain(topics[0]!.id);
  expect(now).toContain(topics[2]!.id);
  for (const { id } of before) {
    const ends = await database.query(
      "select 1 from noctuary.cluster_event where cluster_id = $1 and kind in ('merged', 'retired')",
      [id],
    );
    expect(ends, id).toHaveLength(now.has(id) ? 0 : 1);
  }
  const wrong = await database.query(`
    select c.id from noctuary.cluster c where c.level = 'topic' and c.size <> (
      select count(*) from noctuary.cluster_membership m where m.user_id = c.user_id and m.cluster_id = c.id)`);
  expect(wrong).toEqual([]);
});

test("two runs that have both grouped before either has saved: the later one does its work again", async () => {
  await putNotes(database, "v", themedNotes(60, { themes: 5 }));
  await night.run({ userIds: ["v"] });
  await putNotes(database, "v", themedNotes(20, { themes: 6, from: 60 }));
  const asOf = "2026-11-03T07:00:00Z";
  const runs = await Promise.all([
    night.start({ trigger: "manual", asOf, options: { userIds: ["v"] } }),
    night.start({ trigger: "manual", asOf, options: { userIds: ["v"], full: true } }),
  ]);
  for (const message of await night.receive("embed")) await night.deliver("embed", [message]);
  const messages = await night.receive("cluster");
  expect(messages.length).toBe(2);
  // Neither is answered before both have asked: by then both have grouped.
  let asked = 0;
  const both = Promise.withResolvers<void>();
  chat.reply = async (request) => {
    asked += 1;
    if (asked === 2) both.resolve();
    await both.promise;
    return namesOf(request);
  };
  await Promise.all(messages.map((message) => night.deliver("cluster", [message])));
  expect(asked).toBeGreaterThan(1);
  for (const { runId } of runs) expect((await night.finish(runId)).status).toBe("done");
  expect(
    await database.query(`select c.id from noctuary.cluster c where user_id = 'v' and level = 'topic' and retired_at is null
      and not exists (select from noctuary.cluster_membership m where m.user_id = 'v' and m.cluster_id = c.id)`),
    "a topic that only the run knew whose work was overwritten",
  ).toEqual([]);
  expect(
    await database.query(`select c.name, count(*)::int as n from noctuary.cluster_event e
      join noctuary.cluster c on c.user_id = e.user_id and c.id = e.cluster_id
      where e.user_id = 'v' and kind = 'born' and c.level = 'topic' group by 1 having count(*) > 1`),
    "a topic that was born twice",
  ).toEqual([]);
});
