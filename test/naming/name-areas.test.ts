import { isStrungTogether, nameIdentity } from "@noctuary/core/naming/compose-name";
import { nameAreas } from "@noctuary/core/naming/name-areas";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import type { ClusterText } from "@noctuary/core/naming/read-clusters";
import { describe, expect, test } from "vitest";
import { bread, cluster, databases, nameOf, running } from "./topics-to-name.ts";

test.each([
  ["Vim & window", true],
  ["Windows and Vim", true],
  ["window, Vim", true],
  ["Vim", true],
  ["Vim & buffers", false],
  ["Vim & more", false],
  ["Editing in Vim", false],
])("%s strings topics called Vim and Window & tabs together: %s", (name, isStrung) => {
  expect(isStrungTogether(name, ["Vim", "Window & tabs"])).toBe(isStrung);
});

describe("an area's name", () => {
  const rust = cluster("rust", [
    "Borrow checker\nProgramming in Rust: lifetimes in programming exercises.",
    "Cargo\nRust programming with cargo.",
    "Traits\nTraits, Rust, more programming.",
  ]);
  const elm = cluster("elm", [
    "Decoders\nElm programming, a decoder for JSON.",
    "Ports\nPorts in Elm; functional programming.",
    "Types\nElm has union types. Programming is calm.",
  ]);
  const topics = [rust, elm, bread, running];

  test("is what its topics have in common", () => {
    const names = nameAreas(
      [
        { key: "code", topics: ["rust", "elm"] },
        { key: "life", topics: ["bread", "running"] },
      ],
      topics,
      nameClusters(topics),
    );
    expect(nameOf(names, "code")).toMatch(/^Programming/);
    expect(names[0]!.keyphrases[0]).toBe("programming");
  });

  test("says what most of it is about, and that there is more, where its topics have nothing in common", () => {
    const names = nameAreas([{ key: "life", topics: ["bread", "running"] }], topics, nameClusters(topics));
    expect(nameOf(names, "life")).toBe("Sourdough starter & more");
  });

  test("is of two areas the same only where no topic is left to tell them apart", () => {
    const pair = { topics: ["bread", "running"] };
    const names = nameAreas(
      [
        { key: "life", ...pair },
        { key: "work", ...pair },
      ],
      topics,
      nameClusters(topics),
    );
    expect(names.map(({ name }) => name)).toEqual([
      "Sourdough starter & more",
      expect.stringMatching(/^(Canal|Knee) & more$/),
    ]);
  });

  test("is not what the other areas' topics have as often", () => {
    const withKitchen = [rust, elm, bread, running].map(({ key, notes }) => ({
      key,
      notes: notes.map((note) => ({ ...note, body: `${note.body} Written in the kitchen.` })),
    }));
    const names = nameAreas(
      [
        { key: "code", topics: ["rust", "elm"] },
        { key: "life", topics: ["bread", "running"] },
      ],
      withKitchen,
      nameClusters(withKitchen),
    );
    for (const { name } of names) expect(name).not.toMatch(/kitchen/i);
    expect(nameOf(names, "code")).toMatch(/^Programming/);
  });

  test("is not led by what half of its topics have where what others share says much more", () => {
    const ssh = cluster("ssh", [
      "Login\nThe server listens on a port, and so does Rails.",
      "Tunnel\nA port of the server, and back.",
      "Keys\nThe server wants a key on that port.",
    ]);
    const processes = cluster("processes", [
      "Kill\nWho holds the port of the server? It was Rails.",
      "List\nThe port is free, the server sleeps.",
      "Signals\nA signal ends the server and its port.",
    ]);
    const subjects = "Seeds Order Watch Flicker Mocks Speed Files Groups Tags Doubles Hooks Colours".split(
      " ",
    );
    const specs = cluster(
      "specs",
      subjects.map(
        (subject, at) => `${subject}\nSome ${at < 2 ? "Rails" : ""} specs of ${subject.toLowerCase()}.`,
      ),
    );
    const withRails = cluster("rails", [
      "Routes\nThe Rails of routes.",
      "Gems\nRoutes of gems.",
      "Console\nThe routes, again.",
    ]);
    const all = [ssh, processes, specs, withRails, bread];
    const [area] = nameAreas(
      [
        { key: "machines", topics: ["ssh", "processes", "specs"] },
        { key: "rest", topics: ["rails", "bread"] },
      ],
      all,
      nameClusters(all),
    );
    expect(area!.name).not.toMatch(/Rails/);
  });

  test("is the topic's own where it has one topic only, else no topic's, and a kept one stays", () => {
    const topicNames = nameClusters(topics, ["Work"]);
    const names = nameAreas(
      [
        { key: "one", topics: ["bread"] },
        { key: "two", topics: ["rust", "elm"], keepName: "Work" },
        { key: "three", topics: ["running", "bread"] },
        { key: "none", topics: [] },
      ],
      topics,
      topicNames,
    );
    expect(nameOf(names, "two")).toBe("Work");
    expect(nameOf(names, "one")).toBe(nameOf(topicNames, "bread"));
    const others = names.filter(({ key }) => key !== "one");
    const all = [...others, ...topicNames].map(({ name }) => nameIdentity(name));
    expect(new Set(all).size).toBe(all.length);
  });

  test("says that there is more where a topic has the common phrase already", () => {
    const rails = cluster("rails", ["Rails routes\nRoutes.", "Rails console\nConsole.", "Rails gems\nGems."]);
    const records = cluster("records", [
      "ActiveRecord joins\nIn Rails.",
      "ActiveRecord scopes\nScopes in Rails.",
    ]);
    const all = [rails, records, bread, running];
    const topicNames = nameClusters(all);
    expect(nameOf(topicNames, "rails")).toBe("Rails");
    const [area] = nameAreas([{ key: "web", topics: ["rails", "records"] }], all, topicNames);
    expect(area!.name).toBe("Rails & more");
  });

  test("is never its topics' names strung together, though both are shared", () => {
    const notesOf = (lead: string, other: string) =>
      ["one", "two", "three", "four"].map((n) => `${lead} ${n}\nThe ${lead.toLowerCase()} with ${other}.`);
    const all = [
      cluster("tea", notesOf("Kettle", "a teapot")),
      cluster("pots", notesOf("Teapot", "a kettle")),
      running,
      databases,
    ];
    const topicNames = nameClusters(all);
    expect([nameOf(topicNames, "tea"), nameOf(topicNames, "pots")]).toEqual(["Kettle", "Teapot"]);
    const [area] = nameAreas([{ key: "kitchen", topics: ["tea", "pots"] }], all, topicNames);
    expect(area!.name).toMatch(/^(Kettle|Teapot) & more$/);
  });

  describe("of what its topics share", () => {
    const consensus = cluster("consensus", [
      "Raft\nThe nodes agree on a leader; the leader of the nodes writes a quorum.",
      "Paxos\nNodes propose, nodes accept: a quorum decides.",
      "Terms\nA term ends when the quorum of nodes elects a leader.",
    ]);
    const replicasWith = (clocks: string) =>
      cluster("replicas", [
        "Gossip\nThe nodes gossip, and replicas converge without a quorum.",
        `Vector clocks\nReplicas order writes; nodes compare clocks${clocks}.`,
        "Read repair\nReplicas that lag are mended when a quorum reads; nodes help.",
      ]);
    const areaName = (...pair: ClusterText[]) => {
      const all = [...pair, bread, running];
      const topics = pair.map(({ key }) => key);
      return nameAreas([{ key: "area", topics }], all, nameClusters(all))[0]!.name;
    };

    test("a plain word takes the next best with it", () => {
      expect(areaName(consensus, replicasWith(", and no quorum is asked"))).toBe("Nodes & quorum");
    });

    test("but not what two notes of a topic have by chance", () => {
      expect(areaName(consensus, replicasWith(""))).not.toMatch(/quorum/i);
    });

    test("nor one that says it again", () => {
      const renamed = [consensus, replicasWith("")].map(({ key, notes }) => ({
        key,
        notes: notes.map((note) => ({
          ...note,
          body: note.body.replace(/nodes/g, "repo").replace(/quorum/g, "repository"),
        })),
      }));
      expect(areaName(...renamed)).toMatch(/repo/i);
      expect(areaName(...renamed)).not.toMatch(/repo.*repo/i);
    });
  });
});
