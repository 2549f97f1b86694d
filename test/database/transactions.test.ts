import { asLedger, asUser, overOneConnection, sendAsLedger, sendAsUser } from "@noctuary/db/access";
import { audit, raiseVersion, userState } from "@noctuary/db/account/account";
import { openDatabase } from "@noctuary/db/database";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";

const database = emptiedDatabase();

const entry = { userId: "u", actor: "test", action: "something", counts: {} };
const entries = () => database.query("select user_id from noctuary.audit_log");

test("of statements that are sent together, one that is refused takes all back, and the connection is of use again", async () => {
  const together = asUser(database.db, "u", (tx) =>
    Promise.all([audit(tx, entry), tx.execute(sql`select 1 / 0`).execute(), audit(tx, entry)]),
  );
  await expect(together).rejects.toMatchObject({ cause: { code: "22012" } });
  expect(await entries()).toEqual([]);
  await asUser(database.db, "u", (tx) => audit(tx, entry));
  expect(await entries()).toHaveLength(1);
});

test("statements that are sent together are carried out in their order", async () => {
  const [before, , after] = await asUser(database.db, "u", (tx) =>
    Promise.all([userState(tx, "u"), raiseVersion(tx, "u"), userState(tx, "u")]),
  );
  expect([before.version, after.version]).toEqual([0, 1]);
});

test("where a transaction cannot be opened for a user, the reason is told, and not what came of it", async () => {
  const opening = asUser(database.db, "u\0", (tx) => tx.execute(sql`select 1`).execute());
  await expect(opening).rejects.toMatchObject({ cause: { code: "22021" } });
});

test("a statement in a transaction of its own has the role of its user, and leaves nothing of it on the connection", async () => {
  const db = openDatabase({ url: database.url, maxConnections: 1 });
  const who = sql`select current_user::text as role, current_setting('app.user_id', true) as user`;
  const { rows: login } = await db.drizzle.execute(who);
  try {
    expect((await sendAsUser(db, "u", who)).rows).toEqual([{ role: "noctuary_user", user: "u" }]);
    expect((await sendAsLedger(db, who)).rows).toEqual([{ role: "noctuary_ledger", user: "" }]);
    const { rows: after } = await db.drizzle.execute(who);
    expect(after).toEqual([{ role: login[0]!.role, user: "" }]);
  } finally {
    await db.close();
  }
});

test("of a statement in a transaction of its own all is taken back where a part is refused, and its connection is of use again", async () => {
  const db = openDatabase({ url: database.url, maxConnections: 1 });
  const added = sql`add_audit('u', 'test', null, null, 'something', '{}')`;
  const unspeakable = {
    toPostgres() {
      throw new RangeError("no words for it");
    },
  };
  try {
    const failing = sendAsUser(
      db,
      "u",
      sql`with a as materialized (select ${added}) select 1 / (count(*) - 1) from a`,
    );
    await expect(failing).rejects.toMatchObject({ code: "22012" });
    await expect(sendAsUser(db, "u\0", sql`select ${added}`), "not opened").rejects.toMatchObject({
      code: "22021",
    });
    await expect(sendAsUser(db, "u", sql`select ${added}, ${unspeakable}`)).rejects.toThrow(RangeError);
    expect(await entries()).toEqual([]);
    await sendAsUser(db, "u", sql`select ${added}`);
    expect(await entries()).toHaveLength(1);
  } finally {
    await db.close();
  }
});

test("only a transaction that may be lost does not wait for the disk, and the next one on its connection does", async () => {
  const db = openDatabase({ url: database.url, maxConnections: 1 });
  // Test databases wait for no disk at all: what the setting is tells nothing, but who has made it does.
  const show = sql`select setting, source = 'session' as "isOwn" from pg_settings where name = 'synchronous_commit'`;
  const setting = async (options?: { mayBeLost: boolean }) => {
    const [inside, alone] = [
      await asLedger(db, (tx) => tx.execute(show).execute(), options),
      await sendAsLedger(db, show, options),
    ];
    return [...inside.rows, ...alone.rows].map(({ setting, isOwn }) => (isOwn ? setting : "the server's"));
  };
  try {
    expect([await setting(), await setting({ mayBeLost: true }), await setting()]).toEqual([
      ["the server's", "the server's"],
      ["off", "off"],
      ["the server's", "the server's"],
    ]);
  } finally {
    await db.close();
  }
});

test("statements over one connection are each in a transaction of their own: what is refused takes no other with it", async () => {
  const who = sql`select current_user::text as role, txid_current()::text as transaction`;
  const [first, refused, last] = await overOneConnection(database.db, (connection) =>
    Promise.allSettled([
      sendAsUser(connection, "u", who),
      sendAsUser(connection, "u", sql`select 1 / 0`),
      sendAsLedger(connection, who),
    ]),
  );
  expect(refused).toMatchObject({ status: "rejected", reason: { code: "22012" } });
  const [one, other] = [first, last].map((sent) => (sent.status === "fulfilled" ? sent.value.rows[0]! : {}));
  expect([one!.role, other!.role]).toEqual(["noctuary_user", "noctuary_ledger"]);
  expect(other!.transaction).not.toBe(one!.transaction);
});
