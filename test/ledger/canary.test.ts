import { inspect } from "node:util";
import type { Embedder } from "@noctuary/core/embedding/embedder";
import { PermanentError } from "@noctuary/core/errors";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CANARY, SECRET } from "../support/canary.ts";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { failingEmbedder, ProviderError } from "../support/embedders.ts";
import { type Mortality, mortal } from "../support/mortal.ts";
import { type Night, openNight } from "../support/night.ts";
import { putNotes } from "../support/notes.ts";

// Each night in every test ends with a look at log, ledger, audit and queues (see `Night.close`), each test with one at
// the console (see canary.ts). Here the notes are full of what must not be found, and everything fails that can.
const notes = Array.from({ length: 12 }, (_, i) => ({
  id: `n${i}`,
  title: `${CANARY} ${SECRET} secret plan`,
  body: `${CANARY} ${SECRET} the ${CANARY} plan, number ${i}`,
  tags: [CANARY, SECRET],
}));

const database = emptiedDatabase();
let night: Night;

beforeEach(() => putNotes(database, "u", notes));
afterEach(async () => {
  await database.query("drop trigger if exists fault on noctuary.cluster");
  await database.query("drop trigger if exists fault on noctuary.note_embedding");
  await database.query("drop function if exists noctuary.fault()");
  for (const table of ["cluster", "note_embedding"]) {
    await database.query(`alter table noctuary.${table} drop constraint if exists fault`);
  }
});

const withEmbedder = (make: (real: Embedder) => Embedder) =>
  openNight(database, { wrap: (context) => ({ ...context, embedder: make(context.embedder) }) });
const errors = () => database.query("select distinct error from noctuary.task where error is not null");

test("the notes' words do reach the names of clusters, where they belong", async () => {
  night = await openNight(database);
  expect((await night.run()).status).toBe("done");
  const named = await database.query(`select 1 from noctuary.cluster where name ilike '%${CANARY}%'`);
  expect(named.length).toBeGreaterThan(0);
  await night.close();
});

test.each<[string, (inputs: readonly string[]) => unknown, object]>([
  [
    "an error that quotes its request",
    (inputs) => new ProviderError(inputs),
    { class: "ProviderError", code: "provider_down" },
  ],
  [
    "a permanent error that quotes it",
    (inputs) => new PermanentError("refused", inputs.join(), { cause: inputs }),
    { class: "PermanentError", code: "refused" },
  ],
  [
    "an error whose code is a sentence",
    (inputs) => Object.assign(new Error(inputs[0]), { code: inputs[0] }),
    { class: "Error", code: "unknown" },
  ],
  ["a text that is thrown", (inputs) => inputs[0], { class: "Error", code: "unknown" }],
  [
    "an error whose class is named after it",
    (inputs) => Object.assign(Object.create({ constructor: { name: inputs[0] } }), { message: inputs[0] }),
    { class: "Error", code: "unknown" },
  ],
])("the embedder fails with %s: only class and code are recorded", async (_, error, recorded) => {
  night = await withEmbedder((real) => failingEmbedder(real, () => true, error as () => Error));
  expect((await night.run()).status).toBe("partial");
  expect(await errors()).toEqual([{ error: recorded }]);
  await night.close();
});

test.each(["note_embedding", "cluster"])("the database refuses a row of %s and quotes it", async (table) => {
  const column = table === "cluster" ? "name" : "content_hash";
  await database.query(`alter table noctuary.${table} add constraint fault check (${column} is null)`);
  night = await openNight(database);
  await night.run();
  expect(await errors()).toEqual([
    { error: { class: expect.stringMatching(/Error$/), code: "23514", constraint: "fault" } },
  ]);
  await night.close();
});

test.each(["note_embedding", "cluster"])(
  "a trigger on %s quotes the note in message, detail and hint",
  async (table) => {
    await database.query(`create function noctuary.fault() returns trigger language plpgsql as $$
    begin raise exception '${CANARY} %', new using detail = '${SECRET}', hint = '${CANARY}', errcode = 'P0001'; end $$`);
    await database.query(
      `create trigger fault before insert on noctuary.${table} for each row execute function noctuary.fault()`,
    );
    night = await openNight(database);
    await night.run();
    expect(await errors()).toEqual([{ error: { class: expect.stringMatching(/Error$/), code: "P0001" } }]);
    await night.close();
  },
);

test("a message that cannot be read is not quoted in a log", async () => {
  night = await openNight(database);
  await night.start({ trigger: "manual", options: {} });
  await night.receive("embed");
  await night.send("embed", `{"v":1,"taskId":"${CANARY}`);
  await night.send("embed", `{"v":1,"taskId":["${CANARY}"]}`);
  let unread = await night.receive("embed");
  while (unread.length > 0) {
    expect(await night.deliver("embed", unread)).toHaveLength(2);
    await night.release("embed", unread);
    unread = await night.receive("embed");
  }
  // What somebody else put into a queue is the one thing that a dead letter may hold.
  expect(await night.deadLetters("embed")).toHaveLength(2);
  await night.close();
});

test("an event that cannot be read ends the invocation without being quoted", async () => {
  night = await openNight(database);
  for (const event of [
    { trigger: CANARY },
    { trigger: "manual", options: { [CANARY]: true } },
    { trigger: "schedule", scheduledTime: SECRET },
    { Records: [{ body: SECRET }] },
  ]) {
    const failure = await night.start(event as never).then(
      () => "",
      (error: Error) =>
        `${inspect(error, { depth: 20, showHidden: true })} ${error.stack} ${JSON.stringify(error)}`,
    );
    expect(failure.toLowerCase()).not.toContain(CANARY);
  }
  await night.close();
});

test("a machine that dies at any moment says nothing", async () => {
  const life: Mortality = { deeds: 0, diesBefore: Infinity };
  night = await openNight(database, { wrap: (context) => mortal(context, life) });
  await night.run();
  await night.close();
  for (let moment = 1; moment < life.deeds; moment += 4) {
    await database.empty();
    await putNotes(database, "u", notes);
    night = await openNight(database, {
      wrap: (context) => mortal(context, { deeds: 0, diesBefore: moment }),
    });
    const failure = await night.run().then(
      () => expect.unreachable("it should have died"),
      (error: unknown) => inspect(error, { depth: 20, showHidden: true }),
    );
    expect(failure.toLowerCase()).not.toContain(CANARY);
    await night.close();
  }
});
