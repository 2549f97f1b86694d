import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { heldHome, noctuary, temporaryFolder } from "./noctuary.ts";
import { subjects, writeVault } from "./small-vault.ts";

interface Shown {
  notes: Record<string, number>;
  areas: { topics: { id: string; name: string; size: number; keyphrases: string[] }[] }[];
}

const titles = ({ areas }: Shown) => areas.flatMap((area) => area.topics.map((topic) => topic.name)).sort();

describe("a vault, from the first night to the last", () => {
  test("a folder is synced, clustered, shown, exported and forgotten", { timeout: 120_000 }, async () => {
    const home = temporaryFolder();
    const vault = temporaryFolder();
    writeVault(vault);
    const at = (...args: string[]) => noctuary(["--home", home, "--json", ...args]);

    const synced = await at("sync", vault);
    expect(synced.code).toBe(0);
    expect(synced.json()).toMatchObject({ added: 36, problems: [] });

    const night = await at("run", "nightly-cluster", "--as-of", "2026-09-20");
    expect(night.code, night.stderr).toBe(0);
    expect(night.json()).toMatchObject({ status: "done", localDate: "2026-09-20", costUsd: 0 });
    expect(night.json<{ totals: object }>().totals).toMatchObject({ embedded: 36, requests: 0, live: 36 });

    const page = (await at("clusters")).json<Shown>();
    expect(page.notes).toMatchObject({ notes: 36, embedded: 36, pending: 0 });
    expect(page.areas.flatMap((area) => area.topics).reduce((sum, topic) => sum + topic.size, 0)).toBe(36);

    const note = (await at("notes", "bread/bread 3.md")).json<{
      title: string;
      related: { path: string }[];
    }>();
    expect(note.title).toBe("bread 3");
    expect(note.related[0]!.path).toMatch(/^bread\//);

    const again = await at("run", "nightly-cluster", "--as-of", "2026-09-21");
    expect(again.json<{ totals: object }>().totals).toMatchObject({ unchanged: 36, new: 0, changed: 0 });

    // A page of ours inside the vault is no note, and a moved file is the same note.
    const exported = (await at("export", join(vault, "Clusters"))).json<{ written: string[] }>();
    expect(exported.written.length).toBeGreaterThan(2);
    renameSync(join(vault, "moths", "moths 1.md"), join(vault, "moth one.md"));
    expect((await at("sync", vault)).json()).toMatchObject({ added: 0, moved: 1, removed: 0 });

    const forgotten = await at("forget", "--user", "me");
    expect(forgotten.code).toBe(0);
    const empty = await at("clusters");
    expect(empty.code).toBe(1);
    expect(empty.stderr).toContain("noctuary sync");
    expect(readdirSync(join(vault, "bread"))).toHaveLength(12);
    // Neither log nor output ever held a word of a note.
    expect(readFileSync(join(home, "logs", "noctuary.log"), "utf8")).not.toContain("sourdough");
  });

  test("two commands at once on one home both see everything", { timeout: 120_000 }, async () => {
    const home = temporaryFolder();
    const vault = temporaryFolder();
    writeVault(vault);
    const [one, two] = await Promise.all([
      noctuary(["--home", home, "--json", "sync", join(vault, "bread"), "--user", "ann"]),
      noctuary(["--home", home, "--json", "sync", join(vault, "moths"), "--user", "bob"]),
    ]);
    expect([one.code, two.code], one.stderr + two.stderr).toEqual([0, 0]);
    const both = await noctuary(["--home", home, "--json", "run", "nightly-cluster"]);
    expect(both.json<{ totals: object }>().totals).toMatchObject({ users: 2, embedded: 24 });
    const unclear = await noctuary(["--home", home, "clusters"]);
    expect(unclear.code).toBe(2);
    expect(unclear.stderr).toContain("ann, bob");
    const anns = (await noctuary(["--home", home, "--json", "--user", "ann", "notes"])).json<
      { path: string }[]
    >();
    expect(anns.every((note) => note.path.startsWith("bread"))).toBe(true);
  });

  test("a folder that is suddenly empty deletes nothing until that is confirmed", {
    timeout: 120_000,
  }, async () => {
    const home = await heldHome();
    const vault = temporaryFolder();
    writeVault(vault);
    const at = (...args: string[]) => noctuary(["--home", home, "--json", ...args]);
    await at("sync", vault);
    await at("run", "nightly-cluster", "--as-of", "2026-09-20");
    const before = (await at("clusters")).json<Shown>();

    for (const subject of Object.keys(subjects)) rmSync(join(vault, subject), { recursive: true });
    expect((await at("sync", vault)).json()).toMatchObject({ removed: 36 });
    const night = await at("run", "nightly-cluster", "--as-of", "2026-09-21");
    expect(night.code).toBe(3);
    expect(night.json()).toMatchObject({ status: "partial" });
    expect(titles((await at("clusters")).json<Shown>())).toEqual(titles(before));

    // The folder is mounted again: everything is as it was, and nothing was embedded twice.
    writeVault(vault);
    await at("sync", vault);
    const mended = (await at("run", "nightly-cluster", "--as-of", "2026-09-22")).json<{ totals: object }>();
    expect(mended.totals).toMatchObject({ live: 36, vanished: 0 });
    expect(mended.totals).not.toMatchObject({ embedded: 36 });
  });
});

describe("usage", () => {
  test("says what is wrong and what to do, with an exit code for scripts", { timeout: 60_000 }, async () => {
    const home = temporaryFolder();
    const nothing = join(home, "nothing");
    const results = await Promise.all([
      noctuary(["frobnicate"]),
      noctuary(["--home", home, "run", "nightly-dance"]),
      noctuary(["--home", home, "run", "nightly-cluster", "--as-of", "yesterday"]),
      noctuary(["--home", home, "forget"]),
    ]);
    for (const { code, stderr } of results) {
      expect(code).toBe(2);
      expect(stderr).toMatch(/noctuary: .+/);
      expect(stderr).not.toContain("    at "); // no stack
    }
    const missing = await noctuary(["--home", home, "sync", nothing]);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toContain(nothing);
  });

  test("a wrong setting is named with its origin, all of them at once", async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, "settings.json"), '{"dimensions": 0, "embedder": "psychic", "colour": "blue"}');
    const { code, stderr } = await noctuary(["--home", home, "doctor"]);
    expect(code).toBe(2);
    for (const name of ["dimensions", "embedder", "colour", "settings.json"]) expect(stderr).toContain(name);
  });

  test("an unreachable server is told from a wrong password, without printing either", async () => {
    const home = temporaryFolder();
    writeFileSync(join(home, "settings.json"), '{"databaseUrl": "postgres://u:hunter2@127.0.0.1:1/x"}');
    const { code, stdout, stderr } = await noctuary(["--home", home, "clusters"]);
    expect(code).toBe(1);
    expect(stderr).toContain("DATABASE_URL");
    expect(stdout + stderr).not.toContain("hunter2");
  });

  test("an older Node is told which one is needed", async () => {
    const older = "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.11.0'})";
    const { code, stderr } = await noctuary(["demo"], { nodeArgs: ["--import", older] });
    expect(code).toBe(2);
    expect(stderr).toContain("Node 24");
  });
});
