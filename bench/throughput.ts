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
import { openBench } from "./throughput/bench.ts";
import { rows, type Size } from "./throughput/rows.ts";

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
const asked = values.rows.split(",");
const unknown = asked.filter((name) => !Object.hasOwn(rows, name));
if (unknown.length > 0) {
  console.error(`no such row: ${unknown.join(", ")}; there are ${Object.keys(rows).join(", ")}`);
  process.exit(2);
}
const dimensions = values.dimensions.split(",").map(Number);
const size: Size = {
  repeats: Number(values.repeats ?? (values.full ? 3 : 1)),
  users: Number(values.users ?? (values.full ? 5_000 : 250)),
  notesPerUser: 20,
};
const bench = await openBench({
  notes: Number(values.notes ?? (values.full ? 20_000 : 5_000)),
  file: values.file,
  workers: Number(values.workers),
});
try {
  for (const name of asked) {
    // Only the rate depends on how long a vector is; the others are about requests.
    for (const length of name === "rate" ? dimensions : dimensions.slice(-1)) {
      for (const { work, must, is, broken } of await rows[name]!(bench, length, size)) {
        console.log(`${work}\n  must: ${must}\n  is:   ${is}`);
        if (broken.length === 0) continue;
        console.log(`  WRONG: ${[...new Set(broken)].join("; ")}`);
        process.exitCode = 1;
      }
    }
  }
} finally {
  await bench.close();
}
