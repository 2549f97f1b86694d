import { createServer, type Socket } from "node:net";
import { asLedger, type LedgerTransaction } from "@noctuary/db/access";
import { type Database, openDatabase } from "@noctuary/db/database";
import { sql } from "drizzle-orm";
import { afterEach, expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { type Between, standBetween } from "../support/tcp-between.ts";

const database = databaseOfFile();
let between: Between | undefined;
let db: Database | undefined;
afterEach(async () => {
  await db?.close();
  await between?.[Symbol.asyncDispose]();
  db = between = undefined;
});

/** A database of one connection, behind something that holds answers back. */
async function openThrough(holds: (sent: string) => boolean): Promise<Database> {
  between = await standBetween(database.url, holds);
  db = openDatabase({ url: between.url, maxConnections: 1, queryTimeoutMs: 1_000 });
  return db;
}

const say = (tx: LedgerTransaction, word: string) =>
  tx.execute(sql.raw(`select '${word}' as word`)).execute();

test("a server that takes the connection and says nothing ends the wait for a connection", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on("error", () => {})));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const { port } = silent.address() as { port: number };
  db = openDatabase({
    url: `postgres://u@127.0.0.1:${port}/d`,
    maxConnections: 1,
    connectTimeoutMs: 100,
  });
  await expect(db.pool.query("select 1")).rejects.toThrow(/timeout/);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
});

test("a server that stops answering in the middle of a transaction ends the statement, and the next one has another connection", async () => {
  const live = await openThrough((sent) => sent.includes("say nothing from here on"));
  await asLedger(live, (tx) => say(tx, "before"));
  await expect(asLedger(live, (tx) => say(tx, "say nothing from here on"))).rejects.toBeInstanceOf(Error);
  await asLedger(live, (tx) => say(tx, "after"));
});

test("statements that are sent together do not wait for each other's answers", async () => {
  const live = await openThrough((sent) => sent.includes("the first one") && !sent.includes("the third one"));
  await asLedger(live, (tx) =>
    Promise.all([say(tx, "the first one"), say(tx, "the second one"), say(tx, "the third one")]),
  );
});

test("a transaction's first statement goes out with its begin, and waits for no answer", async () => {
  let begins = 0;
  const live = await openThrough((sent) => {
    // The second transaction on the connection: what was learnt before the first one is learnt.
    begins = sent.split("begin").length - 1;
    return begins === 2 && !sent.includes("the statement");
  });
  await asLedger(live, (tx) => say(tx, "nothing yet"));
  await asLedger(live, (tx) => say(tx, "the statement"));
  expect(begins).toBe(2);
});
