import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";

/** A process that migrates the database in its argument once its parent says so, and reports what it applied. */
const db = openDatabase({ url: process.argv[2]!, maxConnections: 1 });
await db.pool.query("select 1");
process.once("message", async () => {
  const report = await migrate(db);
  await db.close();
  process.send!(report);
  process.disconnect();
});
process.send!("ready");
