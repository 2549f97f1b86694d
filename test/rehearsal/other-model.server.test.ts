import { lexicalEmbedder } from "@noctuary/core/embedding/lexical";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../cli/noctuary.ts";
import { putNotes, themedNotes } from "../support/notes.ts";
import { openTestDatabase } from "../support/test-database.ts";
import { pages, rehearse } from "./rehearsal.ts";

// The second part of docs/moving.md. The two models differ in their dimensions alone: that needs no provider, and takes the
// same path.
const { model } = lexicalEmbedder(256);
const OTHER = { NOCTUARY_DIMENSIONS: "320" };

test("another embedding model: tried beside the one in use, compared, switched to, back, and kept or dropped", {
  timeout: 600_000,
}, async () => {
  const database = await openTestDatabase();
  onTestFinished(() => database.close());
  const { query } = database;
  await putNotes(database, "ada", themedNotes(40));
  const { command, done, doneWith, title, back, end } = rehearse(
    temporaryFolder(),
    { DATABASE_URL: database.url, NOCTUARY_DIMENSIONS: "256" },
    pages.otherModel,
  );
  const vectors = () =>
    query("select dimensions, count(*)::int as n from noctuary.note_embedding group by 1 order by 1");
  const seen = () =>
    query(`select c.id, c.name, c.named_by, array_agg(m.note_id order by m.note_id) as notes
      from noctuary.app_cluster c join noctuary.app_cluster_note m on m.cluster_id = c.id
      where c.retired_at is null group by c.id, c.name, c.named_by order by c.id`);
  const night = (...more: string[]) => ["run", "nightly-cluster", ...more];
  await done(...night("--as-of", "2026-11-02"));
  const [topic] = await query<{ id: string }>(
    "select id from noctuary.app_cluster where level = 'topic' and retired_at is null order by size desc, id",
  );
  await done("clusters", topic!.id, "rename", "What Ada calls it");
  const before = await seen();

  title("The trial, two nights");
  expect((await command(...night("--trial"))).stderr).toContain(
    `${model} with 256 dimensions is the model in use`,
  );
  for (const date of ["2026-11-03", "2026-11-04"])
    expect(await doneWith(OTHER, ...night("--trial", "--as-of", date))).toContain(
      `Tried on 40 notes: ${date === "2026-11-03" ? 40 : 0} embedded`,
    );
  expect(await seen(), "nobody sees anything of it").toEqual(before);

  title("The gate");
  expect((await command("model", "--gate", "0.5", "--nights", "3")).code, "a night is missing").toBe(1);
  expect(await done("model", "--gate", "0.5", "--nights", "2")).toMatch(
    /2026-11-04 {2}agreement [\d.]+, 1 user; took .* s, \$0\.00\n {4}ada: .*keep their ids/,
  );
  expect((await command("model", "keep")).stderr, "not before the switch").toContain(
    "clusters are still made of",
  );

  title("The switch, and back");
  expect(await doneWith(OTHER, ...night("--as-of", "2026-11-05"))).toContain("Nothing new in 40 notes");
  const ids = (clusters: { id?: string }[]) => clusters.map(({ id }) => id);
  expect(ids(await seen())).toEqual(ids(before));
  expect((await command("model", "drop")).stderr, "not while it is in use").toContain("clusters are made of");
  await back("another model", () => done(...night("--as-of", "2026-11-06")));
  expect(ids(await seen())).toEqual(ids(before));
  expect(await vectors(), "no note was embedded again").toEqual([
    { dimensions: 256, n: 40 },
    { dimensions: 320, n: 40 },
  ]);

  title("Over again, and kept");
  await doneWith(OTHER, ...night("--as-of", "2026-11-07"));
  await doneWith(OTHER, "model", "keep");
  await putNotes(database, "ada", themedNotes(41));
  await doneWith(OTHER, ...night("--as-of", "2026-11-08"));
  expect(await vectors()).toEqual([{ dimensions: 320, n: 41 }]);
  expect(await query("select name from noctuary.app_cluster where id = $1", [topic!.id])).toEqual([
    { name: "What Ada calls it" },
  ]);

  title("Another one is tried and dropped");
  await done(...night("--trial", "--as-of", "2026-11-09"));
  expect(await done("model", "drop")).toContain("Dropped 41 vectors");
  expect(await vectors()).toEqual([{ dimensions: 320, n: 41 }]);
  end();
});
