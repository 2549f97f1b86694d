import { asLedger, asUser } from "@noctuary/db/access";
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

test("only a transaction that may be lost does not wait for the disk, and the next one on its connection does", async () => {
  const db = openDatabase({ url: database.url, maxConnections: 1 });
  // Test databases wait for no disk at all.
  await db.drizzle.execute(sql`set synchronous_commit = on`);
  const setting = async (options?: { mayBeLost: boolean }) => {
    const show = sql`show synchronous_commit`;
    const { rows } = await asLedger(
      db,
      (tx) => tx.execute<{ synchronous_commit: string }>(show).execute(),
      options,
    );
    return rows[0]!.synchronous_commit;
  };
  try {
    expect([await setting(), await setting({ mayBeLost: true }), await setting()]).toEqual([
      "on",
      "off",
      "on",
    ]);
  } finally {
    await db.close();
  }
});
