import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";
import { socketPath, socketUrl } from "@noctuary/cli/local/socket-directory";
import { WholeBatchPGlite } from "@noctuary/cli/local/whole-batch-pglite";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";

const directory = mkdtempSync(join(tmpdir(), "test-batch-"));
const broken: unknown[] = [];
let database: WholeBatchPGlite;
let server: PGLiteSocketServer;
let other: pg.Client;

beforeAll(async () => {
  database = new WholeBatchPGlite({ onBroken: (error) => broken.push(error) });
  server = new PGLiteSocketServer({ db: database, path: socketPath(directory), maxConnections: 10 });
  await server.start();
  other = new pg.Client({ connectionString: socketUrl(directory) });
  await other.connect();
}, 60_000);

afterAll(async () => {
  await other.end();
  await server.stop();
  await database.close();
  rmSync(directory, { recursive: true });
  expect(broken).toEqual([]);
});

function message(type: string, ...parts: (string | number[])[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const parse = (text: string) => message("P", "\0", text, [0, 0, 0]);
const bind = (value: string) => message("B", [0, 0, 0, 0, 0, 1, 0, 0, 0, value.length], value, [0, 0]);
const execute = message("E", [0, 0, 0, 0, 0]);
const sync = message("S");

/** A client that sends its messages one by one. */
class RawClient {
  readonly socket: Socket = createConnection(socketPath(directory));
  #received = "";

  constructor() {
    this.socket.on("data", (data) => {
      this.#received += data.toString("latin1");
      this.socket.emit("received");
    });
    const body = Buffer.from("user\0postgres\0\0");
    const head = Buffer.alloc(8);
    head.writeInt32BE(body.length + 8);
    head.writeInt32BE(196_608, 4);
    this.socket.write(Buffer.concat([head, body]));
  }

  /** What was received up to and with the text. */
  async until(text: string): Promise<string> {
    while (!this.#received.includes(text)) await once(this.socket, "received");
    const end = this.#received.indexOf(text) + text.length;
    const before = this.#received.slice(0, end);
    this.#received = this.#received.slice(end);
    return before;
  }
}

const PARSED = "1\0\0\0\u0004";
const READY = "Z\0\0\0\u0005I";
const IN_TRANSACTION = "Z\0\0\0\u0005T";
let raw: RawClient;

beforeEach(async () => {
  raw = new RawClient();
  await raw.until(READY);
});

test("a batch that arrives in parts is not mixed with another client's", async () => {
  raw.socket.write(parse("select 'mine: ' || $1::text"));
  await raw.until(PARSED);
  const answer = other.query("select $1::int + 1 as next", [41]);
  raw.socket.write(bind("x"));
  raw.socket.write(Buffer.concat([execute, sync]));
  expect(await raw.until(READY)).toContain("mine: x");
  expect((await answer).rows).toEqual([{ next: 42 }]);
  raw.socket.destroy();
});

test("a client that leaves in the middle of a batch holds nobody up", async () => {
  raw.socket.write(parse("select $1::text"));
  await raw.until(PARSED);
  const answer = other.query("select 1 as one");
  raw.socket.destroy();
  expect((await answer).rows).toEqual([{ one: 1 }]);
});

test("a client that leaves after an error in its batch spoils nobody's queries", async () => {
  raw.socket.write(parse("select * from there_is_no_such_table"));
  await raw.until("42P01");
  const answer = other.query("select $1::int as one", [1]);
  raw.socket.destroy();
  expect((await answer).rows).toEqual([{ one: 1 }]);
});

test("a client that leaves after an error in its batch, inside a transaction, spoils nobody's queries", async () => {
  raw.socket.write(message("Q", "begin\0"));
  await raw.until(IN_TRANSACTION);
  raw.socket.write(parse("select * from there_is_no_such_table"));
  await raw.until("42P01");
  const answer = other.query("select $1::int as one", [1]);
  raw.socket.destroy();
  expect((await answer).rows).toEqual([{ one: 1 }]);
});

test("a client that leaves inside a transaction leaves nothing of it", async () => {
  await other.query("create table kept (id int)");
  raw.socket.write(message("Q", "begin; insert into kept values (1)\0"));
  await raw.until(IN_TRANSACTION);
  const answer = other.query("select count(*)::int as count from kept");
  raw.socket.destroy();
  expect((await answer).rows).toEqual([{ count: 0 }]);
});
