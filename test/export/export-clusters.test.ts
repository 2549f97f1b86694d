import { mkdir, readdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ClusterPage } from "../../packages/cli/src/export/cluster-page.ts";
import { exportPages } from "../../packages/cli/src/export/export-clusters.ts";
import { readFolder } from "../../packages/cli/src/vault/read-folder.ts";
import { collect, folderOf, temporaryFolder, writeFiles } from "../vault/folder-fixture.ts";

const page = (id: string, name: string, more: Partial<ClusterPage> = {}): ClusterPage => ({
  id,
  name,
  keyphrases: ["rye", "oven"],
  size: 2,
  notes: [
    { title: `First of ${id}`, key: `notes/First of ${id}.md`, confidence: 0.9, isLoose: false },
    { title: `Second of ${id}`, key: `notes/Second of ${id}.md`, confidence: 0.2, isLoose: true },
  ],
  events: [],
  ...more,
});

const textOf = (folder: string, file: string) => readFile(join(folder, file), "utf8");

describe("what a page says", () => {
  test("area, keyphrases, notes, loosely related notes and events", async () => {
    const folder = await temporaryFolder();
    const notes = [
      { title: "Loose", key: "Loose.md", confidence: 0.1, isLoose: true },
      { title: "Less sure", key: "a/Less sure.md", confidence: 0.5, isLoose: false },
      { title: "A title of its own", key: "b/sure.md", confidence: 0.9, isLoose: false },
    ];
    const events = [{ date: "2026-05-25", sentence: "Grew from 2 to 3 notes" }];
    await exportPages(folder, [page("c1", "Bread", { area: "Home", size: 3, notes, events })]);
    const text = await textOf(folder, "Bread.md");
    expect(text.replace(/noctuary_hash: [0-9a-f]{64}/, "noctuary_hash: HASH")).toBe(`---
noctuary: cluster
cluster: c1
name: Bread
area: Home
size: 3
noctuary_hash: HASH
---

# Bread

Area: Home · 3 notes

Keyphrases: rye, oven

## Notes

- [[sure|A title of its own]]
- [[Less sure]]

## Loosely related

- [[Loose]]

## Recent events

- 2026-05-25: Grew from 2 to 3 notes
`);
  });

  test("the index leads to all pages by area, the largest first", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [
      page("c1", "Bread", { area: "Home", size: 3 }),
      page("c2", "Tax", { size: 9 }),
      page("c3", "Roof: leaks", { area: "Home", size: 1200 }),
    ]);
    expect((await textOf(folder, "Noctuary.md")).split("---\n\n")[1]).toBe(`# Noctuary

3 clusters of 1,212 notes

## Home

- [[Roof leaks|Roof: leaks]] · 1,200 notes
- [[Bread]] · 3 notes

## Other clusters

- [[Tax]] · 9 notes
`);
  });

  test("notes of one name are linked by their path", async () => {
    const folder = await temporaryFolder();
    const notes = ["a/Plan.md", "b/plan.md", "c/C# [x].md"].map((key) => ({
      title: "Plan [1]",
      key,
      confidence: 1,
      isLoose: false,
    }));
    await exportPages(folder, [page("c1", "Plans", { notes })]);
    const text = await textOf(folder, "Plans.md");
    expect(text).toContain(
      "- [Plan \\[1\\]](<a/Plan.md>)\n- [Plan \\[1\\]](<b/plan.md>)\n- [Plan \\[1\\]](<c/C# [x].md>)",
    );
  });

  test("notes without a file are linked by title", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [
      page("c1", "X", { notes: [{ title: "On | rye", key: "id-1", confidence: 1, isLoose: false }] }),
    ]);
    expect(await textOf(folder, "X.md")).toContain("(<On | rye>)");
  });

  test("names and phrases are shown as they are, whatever Markdown or YAML they hold", async () => {
    const folder = await temporaryFolder();
    const odd = "# *x* [[y]] <b>\n---\nnoctuary: no";
    await exportPages(folder, [page("c1", odd, { area: "a: [b", keyphrases: ["#tag", "c#", "snake_case"] })]);
    const [file = ""] = (await readdir(folder)).filter((name) => name !== "Noctuary.md");
    const text = await textOf(folder, file);
    expect(text).toContain("\n# \\# \\*x\\* \\[\\[y\\]\\] \\<b\\> --- noctuary: no\n");
    expect(text).toContain("Keyphrases: \\#tag, c#, snake\\_case\n");
    expect(
      (
        await exportPages(folder, [
          page("c1", odd, { area: "a: [b", keyphrases: ["#tag", "c#", "snake_case"] }),
        ])
      ).unchanged,
    ).toHaveLength(2);
  });

  test("sync passes over every page", async () => {
    const folder = await folderOf({ "note.md": "x" });
    await exportPages(join(folder, "Clusters"), [page("c1", "Bread"), page("c2", "'quoted': \"name\"")]);
    const { notes, problems } = await collect(readFolder(folder));
    expect(notes.map(({ key }) => key)).toEqual(["note.md"]);
    expect(problems).toEqual([]);
  });
});

describe("running it again", () => {
  test("the same clusters write nothing, in whatever order they come", async () => {
    const folder = await temporaryFolder();
    const pages = [page("c1", "Bread"), page("c2", "Tax")];
    expect(await exportPages(folder, pages)).toEqual({
      written: ["Bread.md", "Tax.md", "Noctuary.md"],
      unchanged: [],
      leftAlone: [],
      removed: [],
    });
    const again = await exportPages(folder, pages.toReversed());
    expect(again).toMatchObject({ written: [], leftAlone: [], removed: [] });
    expect(again.unchanged).toHaveLength(3);
  });

  test("a page follows its cluster's new contents and name", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c1", "Bread")]);
    await exportPages(folder, [page("c1", "Bread", { keyphrases: ["spelt"] })]);
    expect(await textOf(folder, "Bread.md")).toContain("spelt");
    const result = await exportPages(folder, [page("c1", "Baking")]);
    expect(result.written).toEqual(["Baking.md", "Noctuary.md"]);
    expect(await readdir(folder)).toEqual(["Baking.md", "Noctuary.md"]);
    await exportPages(folder, [page("c1", "BAKING")]);
    expect(await readdir(folder)).toEqual(["BAKING.md", "Noctuary.md"]);
  });

  test("two clusters may swap their names", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c1", "Bread"), page("c2", "Tax")]);
    await exportPages(folder, [page("c1", "Tax"), page("c2", "Bread")]);
    expect(await textOf(folder, "Tax.md")).toContain("cluster: c1\n");
    expect(await textOf(folder, "Bread.md")).toContain("cluster: c2\n");
    expect(await readdir(folder)).toHaveLength(3);
  });

  test("the page of a cluster that is no more goes, unless somebody made it theirs", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [
      page("c1", "Bread"),
      page("c2", "Tax"),
      page("c3", "Roof"),
      page("c4", "Boat"),
    ]);
    await writeFile(join(folder, "Tax.md"), `${await textOf(folder, "Tax.md")}\nMine.`);
    await rename(join(folder, "Boat.md"), join(folder, "My boat.md"));
    const result = await exportPages(folder, [page("c1", "Bread")]);
    expect(result).toMatchObject({ removed: ["Roof.md"], leftAlone: ["My boat.md", "Tax.md"] });
    expect(await readdir(folder)).toEqual(["Bread.md", "My boat.md", "Noctuary.md", "Tax.md"]);
  });

  test("a page that somebody changed is left alone, name and all", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c1", "Bread"), page("c2", "Tax")]);
    const mine = (await textOf(folder, "Bread.md")).replace("rye", "my rye");
    await writeFile(join(folder, "Bread.md"), mine);
    const result = await exportPages(folder, [page("c1", "Baking"), page("c2", "Bread")]);
    expect(result.leftAlone).toEqual(["Bread.md"]);
    expect(await textOf(folder, "Bread.md")).toBe(mine);
    expect(await textOf(folder, "Bread (2).md")).toContain("cluster: c2\n");
    expect(await textOf(folder, "Noctuary.md")).toContain("[[Bread|Baking]]");
  });

  test("a page that somebody renamed keeps that name and is kept up to date", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c1", "Bread")]);
    await rename(join(folder, "Bread.md"), join(folder, "My loaves.md"));
    await exportPages(folder, [page("c1", "Baking", { keyphrases: ["spelt"] })]);
    expect(await readdir(folder)).toEqual(["My loaves.md", "Noctuary.md"]);
    expect(await textOf(folder, "My loaves.md")).toContain("spelt");
    await exportPages(folder, [page("c1", "Pastry")]);
    expect(await readdir(folder)).toEqual(["My loaves.md", "Noctuary.md"]);
  });

  test("a copy that somebody made of a page is theirs", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c1", "Bread")]);
    await writeFile(join(folder, "A copy.md"), await textOf(folder, "Bread.md"));
    const result = await exportPages(folder, [page("c1", "Bread", { keyphrases: ["spelt"] })]);
    expect(result).toMatchObject({ written: ["Bread.md"], leftAlone: ["A copy.md"] });
    expect(await textOf(folder, "A copy.md")).not.toContain("spelt");
  });

  test("other ends of lines, as git may write them, are no change of the user's", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c1", "Bread")]);
    await writeFile(join(folder, "Bread.md"), (await textOf(folder, "Bread.md")).replaceAll("\n", "\r\n"));
    const result = await exportPages(folder, [page("c1", "Bread")]);
    expect(result).toMatchObject({ written: ["Bread.md"], unchanged: ["Noctuary.md"], leftAlone: [] });
  });
});

describe("other people's files", () => {
  test("no other file is written over, whatever it is", async () => {
    const elsewhere = await folderOf({ "target.md": "target" });
    const folder = await folderOf({ "Bread.md": "my own", "noctuary.md": "mine too", "Tax.txt": "" });
    await mkdir(join(folder, "Roof.md"));
    await symlink(join(elsewhere, "target.md"), join(folder, "Boat.md"));
    await exportPages(folder, [
      page("c1", "bread"),
      page("c2", "Tax"),
      page("c3", "Roof"),
      page("c4", "Boat"),
    ]);
    expect((await readdir(folder)).sort()).toEqual(
      [
        "Boat (2).md",
        "Boat.md",
        "Bread.md",
        "Noctuary (2).md",
        "Roof (2).md",
        "Roof.md",
        "Tax.md",
        "Tax.txt",
        "bread (2).md",
        "noctuary.md",
      ].sort(),
    );
    expect(await textOf(folder, "Bread.md")).toBe("my own");
    expect(await textOf(elsewhere, "target.md")).toBe("target");
  });

  test("a page is not named like a note, so that links to the note still find it", async () => {
    const folder = await temporaryFolder();
    const notes = [{ title: "Bread", key: "Home/Bread.md", confidence: 1, isLoose: false }];
    const pages = [page("c1", "Bread", { notes }), page("c2", "Tax")];
    await exportPages(folder, pages);
    expect(await textOf(folder, "Bread (cluster).md")).toContain("- [[Bread]]\n");
    expect((await exportPages(folder, pages)).unchanged).toHaveLength(3);
    const added = page("c2", "Tax", {
      notes: [{ title: "Tax", key: "Tax.md", confidence: 1, isLoose: false }],
    });
    await exportPages(folder, [pages[0]!, added]);
    expect(await readdir(folder)).toEqual(["Bread (cluster).md", "Noctuary.md", "Tax (cluster).md"]);
  });

  test("clusters whose names differ in case only have pages apart, and keep them", async () => {
    const folder = await temporaryFolder();
    await exportPages(folder, [page("c2", "Bread")]);
    const pages = [page("c1", "BREAD"), page("c2", "Bread"), page("c3", "Bread?")];
    await exportPages(folder, pages);
    expect(await textOf(folder, "Bread.md")).toContain("cluster: c2\n");
    expect(await readdir(folder)).toEqual(["BREAD (2).md", "Bread (3).md", "Bread.md", "Noctuary.md"]);
    expect((await exportPages(folder, pages)).unchanged).toHaveLength(4);
    const elsewhere = await temporaryFolder();
    await exportPages(elsewhere, pages.toReversed());
    expect(await readdir(elsewhere)).toEqual(["BREAD.md", "Bread (2).md", "Bread (3).md", "Noctuary.md"]);
    expect(await textOf(elsewhere, "BREAD.md")).toContain("cluster: c1\n");
  });

  test("a file where the folder should be is an error that says so", async () => {
    const folder = await folderOf({ file: "mine" });
    const error = { name: "ExportError", code: "not-a-folder" };
    await expect(exportPages(join(folder, "file"), [page("c1", "Bread")])).rejects.toMatchObject(error);
    await expect(exportPages(join(folder, "file", "x"), [page("c1", "Bread")])).rejects.toMatchObject(error);
    expect(await textOf(folder, "file")).toBe("mine");
  });

  test("a folder that is not there is made, and one without clusters holds an index", async () => {
    const folder = await temporaryFolder();
    await exportPages(join(folder, "a", "b"), []);
    expect(await textOf(join(folder, "a", "b"), "Noctuary.md")).toContain("0 clusters of 0 notes");
    await writeFiles(folder, { "a/b/.noctuary-left-over.tmp": "" });
    expect((await exportPages(join(folder, "a", "b"), [])).unchanged).toEqual(["Noctuary.md"]);
  });
});
