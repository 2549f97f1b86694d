import { sendAsUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";
import { call } from "@noctuary/db/opened-query";
import { expect, test } from "vitest";
import { databaseOfFile } from "../support/database-of-file.ts";
import { standBetween } from "../support/tcp-between.ts";

const database = databaseOfFile();

/** PostgreSQL's BackendKeyData: the number of the process, and the key to cancel its requests by. */
const KEY_DATA = Buffer.from([0x4b, 0, 0, 0, 12]);

test("of a process whose number is not the one that was told at the beginning, as behind a pooler, nothing is asked to be kept", async () => {
  let told = 0;
  await using between = await standBetween(
    database.url,
    () => false,
    (data) => {
      const at = data.indexOf(KEY_DATA);
      if (at >= 0) told = data.writeInt32BE(data.readInt32BE(at + 5) + 1, at + 5);
      return data;
    },
  );
  const db = openDatabase({ url: between.url, maxConnections: 1 });
  try {
    for (let i = 0; i < 3; i++) {
      await sendAsUser(db, "u", call("add_audit", ["u", "test", null, null, "something", "{}"]));
    }
    expect(told).toBeGreaterThan(0);
    expect((await db.pool.query("select from pg_prepared_statements")).rows).toEqual([]);
  } finally {
    await db.close();
  }
});
