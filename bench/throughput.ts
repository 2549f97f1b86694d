/**
 * Notes to stored vectors on a server Postgres, with a provider on this machine that answers at once: through the
 * ledger, the outbox, queues that speak SQS, and the real handlers; beside the bare pipeline in the same run. Prints
 * ratios. Fails only where a count is wrong: a note lost, a request too many. Needs NOCTUARY_TEST_DATABASE_URL (a role
 * that may create databases and roles).
 *
 *   npm run bench:throughput -- [--full] [--rows rate,latency,changes,poison,limited,users] [--dimensions 1536,512]
 *     [--notes N] [--users N] [--repeats N] [--workers N] [--file NOTES.jsonl]
 */
import { parseArgs } from "node:util";
import { startLocalQueues } from "@noctuary/cli/local/local-queues";
import { loadOpenAiTokenCounter } from "@noctuary/core/embedding/count-tokens";
import { queues } from "@noctuary/core/jobs";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import { startChild } from "./throughput/child.ts";
import { notesDatabase } from "./throughput/notes-database.ts";
import { type Bench, rows } from "./throughput/rows.ts";
import { notesOfFile, type SampleNote, sampleNotes } from "./throughput/sample-texts.ts";

const { values } = parseArgs({
  options: {
    full: { type: "boolean", default: false },
    rows: { type: "string", default: Object.keys(rows).join() },
    dimensions: { type: "string", default: "1536,512" },
    notes: { type: "string" },
    users: { type: "string" },
    repeats: { type: "string" },
    workers: { type: "string", default: "4" },
    file: { type: "string" },
  },
});
const server = process.env.NOCTUARY_TEST_DATABASE_URL;
if (server === undefined) {
  console.error("set NOCTUARY_TEST_DATABASE_URL: `scripts/server-postgres.sh start` gives you a server");
  process.exit(2);
}
const asked = values.rows.split(",");
const unknown = asked.filter((name) => !Object.hasOwn(rows, name));
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(", ")}; there are ${Object.keys(rows).join(", ")}`);
  process.exit(2);
}
const dimensions = values.dimensions.split(",").map(Number);
const count = Number(values.notes ?? (values.full ? 20_000 : 5_000));
const notes = values.file === undefined ? sampleNotes(count) : notesOfFile(values.file, count);

const local = await startLocalQueues(
  queues().map(({ queue, step }) => ({
    queue,
    visibilityTimeoutSeconds: step.limits.visibilityTimeoutSeconds,
    maxReceiveCount: 3,
  })),
);
const database = await notesDatabase(server, async (url) => {
  const db = openDatabase({ url, maxConnections: 1 });
  await migrate(db);
  await db.close();
});
const provider = await startChild("./provider-process.ts");
const bench: Bench = {
  database,
  provider,
  queues: local,
  notes,
  repeats: Number(values.repeats ?? (values.full ? 3 : 1)),
  users: Number(values.users ?? (values.full ? 5_000 : 250)),
  notesPerUser: 20,
  workers: Number(values.workers),
  fewestRequests: await fewestRequests(notes),
};
try {
  for (const name of asked) {
    // Only the rate depends on how long a vector is; the others are about requests.
    for (const length of name === "rate" ? dimensions : dimensions.slice(-1)) {
      for (const { work, must, is, broken } of await rows[name]!(bench, length)) {
        console.log(`${work}\n  must: ${must}\n  is:   ${is}`);
        if (broken.length === 0) continue;
        console.log(`  WRONG: ${[...new Set(broken)].join("; ")}`);
        process.exitCode = 1;
      }
    }
  }
} finally {
  await provider.stop();
  await local.close();
  await database.drop();
}

/** No packing has fewer requests than all tokens need, nor than all inputs need: OpenAI's two limits. */
async function fewestRequests(all: SampleNote[]): Promise<number> {
  const countTokens = await loadOpenAiTokenCounter();
  const tokens = all.reduce((sum, { title, body }) => sum + countTokens(`${title}\n\n${body}`), 0);
  console.log(
    `${all.length.toLocaleString("en")} notes, ${tokens.toLocaleString("en")} tokens, ${Math.round(tokens / all.length)} a note`,
  );
  return Math.max(Math.ceil(tokens / 300_000), Math.ceil(all.length / 2_048));
}
