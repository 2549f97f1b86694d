import { expect, test } from "vitest";
import { heldHome, noctuary, temporaryFolder } from "./noctuary.ts";
import { writeVault } from "./small-vault.ts";

interface Note {
  id: string;
  clusterId: string;
  cluster: string;
  placedBy: string;
  phrases: string[];
  leansOn: { title: string }[];
  related: { title: string; linked: boolean }[];
}

test("what a person decides is kept, shown, refused with a reason, and taken back", {
  timeout: 300_000,
}, async () => {
  const home = await heldHome();
  const vault = temporaryFolder();
  writeVault(vault);
  const at = (...args: string[]) => noctuary(["--home", home, "--json", ...args]);
  await at("sync", vault);
  await at("run", "nightly-cluster", "--as-of", "2026-09-20");
  const note = async (title: string) => (await at("notes", title)).json<Note>();

  const bread = await note("bread 0");
  const moths = await note("moths 0");
  expect(bread.clusterId).not.toBe(moths.clusterId);
  expect(bread.phrases.length).toBeGreaterThan(0);
  expect(bread.leansOn).toHaveLength(3);
  expect(bread.leansOn.every(({ title }) => title.startsWith("bread"))).toBe(true);
  expect(bread.related.filter(({ linked }) => linked).map(({ title }) => title)).toEqual(["bread 1"]);

  const renamed = await at("clusters", bread.clusterId, "rename", "My", "loaves");
  expect(renamed.code, renamed.stderr).toBe(0);
  expect(renamed.json()).toMatchObject({ edit: { kind: "rename", name: "My loaves" }, shownAtOnce: true });
  expect((await at("notes", "moths 0", "move", "my loaves")).code).toBe(0);

  const night = await at("run", "nightly-cluster", "--as-of", "2026-09-21");
  expect(night.code, night.stderr).toBe(0);
  expect(await note("moths 0")).toMatchObject({ cluster: "My loaves", placedBy: "user" });
  const edits = (await at("clusters", "edits")).json<{ id: string; kind: string; outcome: string }[]>();
  expect(edits.map(({ kind, outcome }) => [kind, outcome])).toEqual([
    ["move", "kept"],
    ["rename", "kept"],
  ]);

  const refusals: [string[], RegExp][] = [
    [["clusters", "nowhere", "pin"], /there is no cluster nowhere/],
    [["clusters", "my loaves", "merge", "my loaves"], /with itself/],
    [["clusters", "my loaves", "split", "no such note"], /there is no note no such note/],
    [["notes", "moths 0", "move"], /say which topic/],
  ];
  for (const [args, reason] of refusals) {
    const { code, stderr } = await at(...args);
    expect(code, args.join(" ")).toBe(2);
    expect(stderr).toMatch(reason);
  }

  const history = await noctuary(["--home", home, "clusters", "my loaves", "--history"]);
  expect(history.stdout).toMatch(/My loaves is new/);
  expect(history.stdout).toMatch(/you named it My loaves/);
  expect(history.stdout).toMatch(/1 note came from .+ \(you decided it\)/);

  const move = edits.find(({ kind }) => kind === "move")!;
  expect((await at("clusters", "edits", "undo", move.id)).code).toBe(0);
  expect((await at("clusters", "edits")).json()).toHaveLength(1);
});
