import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openEmbeddedPostgres } from "@noctuary/cli/local/embedded-postgres";
import { openHomeLock, readOwner } from "@noctuary/cli/local/home-lock";
import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { DatabaseProcess } from "./start-database-process.ts";

const { TMPDIR } = process.env;
const root = mkdtempSync(join(tmpdir(), "test-"));
const template = join(root, "template");
let home: string;
const processes: DatabaseProcess[] = [];

beforeAll(async () => {
  process.env.TMPDIR = root; // killed owners leave their socket folders there
  const database = await openEmbeddedPostgres({ home: template });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query("create table page (author text)");
  await client.end();
  await database.close();
}, 60_000);

/** A home whose database exists already: making one takes seconds. */
function newHome(): string {
  home = mkdtempSync(join(root, "home-"));
  cpSync(join(template, "postgres"), join(home, "postgres"), { recursive: true });
  return home;
}

function start(): DatabaseProcess {
  const process = new DatabaseProcess(home);
  processes.push(process);
  return process;
}

async function startOpened(): Promise<DatabaseProcess> {
  const process = start();
  await process.next("opened");
  return process;
}

afterEach(async () => {
  vi.unstubAllEnvs();
  await Promise.all(processes.splice(0).map((process) => process.kill()));
  rmSync(home, { recursive: true, force: true });
});

afterAll(() => {
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  rmSync(root, { recursive: true, force: true });
}, 60_000);

async function authors(): Promise<string[]> {
  const database = await openEmbeddedPostgres({ home });
  const client = new pg.Client({ connectionString: database.url });
  try {
    await client.connect();
    const { rows } = await client.query<{ author: string }>("select author from page order by author");
    return rows.map((row) => row.author);
  } finally {
    await client.end();
    await database.close();
  }
}

describe("several processes on one home", { timeout: 60_000 }, () => {
  test("processes that start at the same moment see each other's rows", async () => {
    newHome();
    const all = [start(), start(), start()];
    const opened = await Promise.all(all.map((process) => process.next("opened")));
    expect(opened.filter(({ owner }) => owner)).toHaveLength(1);
    await Promise.all(
      all.map((process, index) => process.query("insert into page values ($1)", [`p${index}`])),
    );
    for (const process of all) {
      expect(await process.query("select author from page order by author")).toEqual([
        { author: "p0" },
        { author: "p1" },
        { author: "p2" },
      ]);
    }
  });

  test("the owner stays until the others have left", async () => {
    newHome();
    const owner = await startOpened();
    const other = await startOpened();
    owner.tell({ kind: "close" });
    expect(await owner.next("waiting")).toEqual({ kind: "waiting", for: "for-clients" });
    await other.query("insert into page values ('other')");
    await other.close();
    await owner.next("done");
    expect(await authors()).toEqual(["other"]);
  });

  test("the owner stays for a process that has not connected yet", async () => {
    newHome();
    const owner = await startOpened();
    const database = await openEmbeddedPostgres({ home });
    owner.tell({ kind: "close" });
    await owner.next("waiting");
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("insert into page values ('late')");
    await client.end();
    await database.close();
    await owner.next("done");
    expect(await authors()).toEqual(["late"]);
  });

  test("a process that was killed inside a transaction holds nobody up", async () => {
    newHome();
    const owner = await startOpened();
    const other = await startOpened();
    await other.query("begin");
    await other.query("insert into page values ('never committed')");
    owner.tell({ kind: "query", text: "insert into page values ('owner')" });
    await other.kill();
    await owner.next("rows");
    await owner.close();
    expect(await authors()).toEqual(["owner"]);
  });

  test("the owner cuts off whoever stays longer than the bound", async () => {
    newHome();
    const database = await openEmbeddedPostgres({ home, maxClientWaitMs: 1 });
    const other = await startOpened();
    await other.query("begin");
    await other.query("insert into page values ('never committed')");
    await database.close();
    expect(await authors()).toEqual([]);
  });

  test("the database answers others while its owner computes", async () => {
    newHome();
    const owner = await startOpened();
    const other = await startOpened();
    const stop = join(home, "stop");
    owner.tell({ kind: "computeUntil", path: stop });
    await owner.next("computing");
    await other.query("insert into page values ('other')");
    writeFileSync(stop, "");
    await owner.next("done");
    expect(await owner.query("select author from page")).toEqual([{ author: "other" }]);
  });
});

describe("after a crash", { timeout: 60_000 }, () => {
  test("what a killed owner had committed is there, what it had not is not", async () => {
    newHome();
    const owner = await startOpened();
    await owner.query("insert into page select 'committed' from generate_series(1, 1000)");
    await owner.query("begin");
    await owner.query("insert into page values ('open')");
    await owner.kill();
    const found = await authors();
    expect(found).toHaveLength(1000);
    expect(new Set(found)).toEqual(new Set(["committed"]));
  });

  test("processes that find a killed owner's lock at the same moment agree on one new owner", async () => {
    newHome();
    const killed = await startOpened();
    const { socketDirectory } = readOwner(home)!;
    await killed.kill();
    expect(existsSync(socketDirectory)).toBe(true);
    const opened = await Promise.all([start(), start(), start()].map((process) => process.next("opened")));
    expect(opened.filter(({ owner }) => owner)).toHaveLength(1);
    expect(new Set(opened.map(({ url }) => url)).size).toBe(1);
    expect(existsSync(socketDirectory)).toBe(false);
  });

  test("a first start that was killed half-way is done again", async () => {
    home = mkdtempSync(join(root, "home-"));
    const killed = start();
    await vi.waitUntil(() => existsSync(join(home, "postgres.new", "PG_VERSION")), {
      timeout: 30_000,
      interval: 5,
    });
    await killed.kill();
    expect(existsSync(join(home, "postgres"))).toBe(false);
    const next = await startOpened();
    expect(await next.query("select 1 as one")).toEqual([{ one: 1 }]);
    expect(existsSync(join(home, "postgres.new"))).toBe(false);
  });

  test("a lock file whose process id now belongs to somebody else does not matter", async () => {
    newHome();
    const theirs = mkdtempSync(join(root, "theirs-"));
    writeFileSync(
      join(home, "lock.json"),
      JSON.stringify({ pid: process.pid, socketDirectory: theirs, startedAt: "2026-01-01T00:00:00Z" }),
    );
    expect(await authors()).toEqual([]);
    expect(existsSync(theirs)).toBe(true); // not a folder of ours: left alone
  });

  test("a lock file that cannot be read does not matter", async () => {
    newHome();
    writeFileSync(join(home, "lock.json"), '{"pid": 12');
    expect(await authors()).toEqual([]);
  });
});

describe("what is refused", { timeout: 60_000 }, () => {
  test("a holder that does not answer is waited for and then named; the folder is not touched", async () => {
    home = mkdtempSync(join(root, "home-"));
    const lock = openHomeLock(home);
    expect(lock.tryAcquire()).toBe(true);
    lock.publish({ pid: 4711, socketDirectory: join(root, "nobody"), startedAt: "2026-01-01T00:00:00Z" });
    await expect(openEmbeddedPostgres({ home, maxStartWaitMs: 50 })).rejects.toThrow(
      /in use \(process 4711, since 2026-01-01T00:00:00Z\) and has not answered/,
    );
    expect(existsSync(join(home, "postgres"))).toBe(false);
    lock.release();
    expect(existsSync(join(home, "lock.json"))).toBe(false);
  });

  test("a folder that is no database is an error, and nothing stays behind", async () => {
    newHome();
    rmSync(join(home, "postgres", "global"), { recursive: true });
    vi.stubEnv("TMPDIR", mkdtempSync(join(root, "tmp-")));
    await expect(openEmbeddedPostgres({ home })).rejects.toThrow(
      `the database in ${join(home, "postgres")} could not be opened`,
    );
    expect(readdirSync(tmpdir())).toEqual([]);
    expect(readOwner(home)).toBeUndefined();
  });

  test("other accounts can reach neither the socket nor the files", async () => {
    home = join(mkdtempSync(join(root, "home-")), "created");
    const database = await openEmbeddedPostgres({ home });
    try {
      const { socketDirectory } = readOwner(home)!;
      for (const path of [socketDirectory, home, join(home, "postgres")]) {
        expect(statSync(path).mode & 0o777, path).toBe(0o700);
      }
      expect(statSync(join(home, "lock.json")).mode & 0o777).toBe(0o600);
      expect(dirname(socketDirectory)).not.toBe(home);
    } finally {
      await database.close();
    }
  });
});

test("an owner that never closes still ends, and what it committed is there", async () => {
  newHome();
  const owner = await startOpened();
  await owner.query("insert into page values ('committed')");
  const { socketDirectory } = readOwner(home)!;
  owner.tell({ kind: "forget" });
  await vi.waitUntil(() => owner.child.exitCode !== null, { timeout: 20_000, interval: 10 });
  expect(owner.child.exitCode).toBe(0);
  expect(existsSync(socketDirectory)).toBe(false);
  expect(await authors()).toEqual(["committed"]);
}, 60_000);

test("closing twice is the same as closing once, and leaves no trace but the data", async () => {
  newHome();
  const database = await openEmbeddedPostgres({ home });
  const { socketDirectory } = readOwner(home)!;
  await Promise.all([database.close(), database.close()]);
  await database.close();
  expect(existsSync(socketDirectory)).toBe(false);
  expect(existsSync(join(home, "lock.json"))).toBe(false);
  expect(readFileSync(join(home, "postgres", "PG_VERSION"), "utf8").trim()).toBe("18");
}, 60_000);
