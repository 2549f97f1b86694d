import { isStrungTogether, nameIdentity } from "@noctuary/core/naming/compose-name";
import { nameAreas } from "@noctuary/core/naming/name-areas";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import type { ClusterText } from "@noctuary/core/naming/read-clusters";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

function cluster(key: string, notes: string[], keepName?: string): ClusterText {
  return {
    key,
    notes: notes.map((note) => {
      const [title = "", ...body] = note.split("\n");
      return { title, body: body.join("\n"), isCentral: false };
    }),
    ...(keepName !== undefined && { keepName }),
  };
}

const bread = cluster("bread", [
  "Starter again\nThe sourdough starter doubled in five hours with whole rye flour.",
  "Too sour\nKept the sourdough starter in the fridge; the loaf was dense.",
  "Saturday bake\nFed my sourdough starter twice, the loaf opened well.",
  "Hydration\nAt 75 % the dough is slack, but the sourdough starter copes.",
]);
const databases = cluster("databases", [
  "Partial indexes\nA partial index in PostgreSQL keeps the table small.",
  "Slow query\nThe planner of PostgreSQL ignored the index until we ran analyze.",
  "Locks\nA migration took a lock in PostgreSQL; building the index concurrently helps.",
  "Bloat\nAutovacuum and PostgreSQL: the index grew to 3 GB.",
]);
const running = cluster("running", [
  "Long run\nTwenty kilometres along the canal, the legs were fine.",
  "Intervals\nSix times 800 m on the canal path, the knee a bit sore.",
  "Rest\nPhysio looked at the knee. A week off.",
  "Back\nEasy along the canal, no knee trouble.",
  "Hills\nFour times the bridge, then home by the canal.",
  "Ice\nThe knee again, after the stairs.",
]);

function nameOf(names: { key: string; name: string }[], key: string): string {
  return names.find((name) => name.key === key)!.name;
}

describe("a topic's name", () => {
  test("is a phrase where words belong together", () => {
    expect(nameOf(nameClusters([bread, databases, running]), "bread")).toBe("Sourdough starter");
  });

  test("is a word that all its notes have, written as they write it, or two that go together", () => {
    expect(nameOf(nameClusters([bread, databases, running]), "databases")).toBe("PostgreSQL & index");
    expect(nameOf(nameClusters([bread, databases, running]), "running")).toMatch(
      /^(Canal & knee|Knee & canal)$/,
    );
  });

  test("has no second part that is less good", () => {
    const design = cluster("design", [
      "Design one\nA design with feedback.",
      "Design two\nFeedback on a design.",
      "Design three\nSketches.",
      "Design four\nA model.",
    ]);
    expect(nameOf(nameClusters([design, bread, running]), "design")).toBe("Design");
  });

  test("is not led by what few of its notes have", () => {
    const ml = cluster("ml", [
      ...Array.from({ length: 8 }, (_, n) => `Regression ${"abcdefgh"[n]}\nThe loss of a regression.`),
      "Quokka\nQuokka quokka.",
      "Quokka again\nA quokka.",
      "Quokkas\nThe quokka.",
    ]);
    expect(nameOf(nameClusters([ml, bread, running]), "ml")).toBe("Regression");
  });

  test("is two general words where they are always together", () => {
    const learning = cluster("learning", [
      "Machine learning one\nA course.",
      "Machine learning two\nA book.",
      "On machine learning\nA talk.",
    ]);
    expect(nameOf(nameClusters([learning, bread, running]), "learning")).toBe("Machine learning");
  });

  test("keeps its keyphrases, best first and at most eight", () => {
    for (const { keyphrases } of nameClusters([bread, databases, running])) {
      expect(keyphrases.length).toBeGreaterThan(0);
      expect(keyphrases.length).toBeLessThanOrEqual(8);
    }
    expect(nameClusters([bread, databases, running])[0]!.keyphrases[0]).toBe("sourdough starter");
  });

  test("is not decided by one long note", () => {
    const loud = cluster("loud", [
      `Opera\n${"Wagner's Ring cycle. ".repeat(80)}`,
      "Viola\nPractised the viola scales.",
      "New strings\nThe viola sounds brighter.",
      "Lesson\nThe viola teacher wants slower scales.",
    ]);
    expect(nameOf(nameClusters([loud, bread, databases]), "loud")).toMatch(/viola/i);
  });

  test("holds no stop word, number, date, code or markup", () => {
    const noisy = cluster(
      "noisy",
      [1, 2, 3, 4].map(
        (day) => `2026-03-0${day}
---
foo: bar
---
On Monday, 3 March 2026 at 10:30 the **telescope** ${["saw", "missed", "found", "lost"][day - 1]} a comet with \`get_all_items(x)\` https://example.com/saturn.html
\`\`\`js
const nebula = await fetchNebula();
\`\`\``,
      ),
    );
    const [name] = nameClusters([noisy, bread, databases]);
    expect(name!.keyphrases.map((phrase) => phrase.toLowerCase())).not.toEqual(
      expect.arrayContaining([
        expect.stringMatching(/monday|march|2026|example|get_all|nebula|const|foo|\bthe\b|\bon\b/),
      ]),
    );
    expect(name!.name).toMatch(/telescope|comet/i);
  });

  test("says what the author says in titles rather than what any body says", () => {
    const titled = cluster("titled", [
      "Kestrel at the weir\nCold morning, some light rain along the river.",
      "Kestrel again\nLight rain once more, the river high.",
      "Two kestrels\nThe river lower, light rain.",
    ]);
    expect(nameOf(nameClusters([titled, bread]), "titled")).toMatch(/^Kestrels?/);
  });

  test("says that there is more where few of its notes have anything of it", () => {
    const odds = cluster("odds", [
      "Errand\nThe kettle needs vinegar.",
      "Kettle\nVinegar again.",
      "Letter\nWrote to an aunt.",
      "Shelf\nPaint for the hall.",
      "Lenses\nCollected at noon.",
      "Burlap\nOff the wall.",
      "Visit\nThe cat at the vet.",
      "Choir\nSang badly.",
    ]);
    expect(nameOf(nameClusters([odds, bread, databases]), "odds")).toMatch(/^(Kettle|Vinegar) & more$/);
  });

  test("does not say a word again that it has in short", () => {
    const repos = cluster("repos", [
      "Clone\nThe repo is a clone: a repository has a remote.",
      "Remote\nA repo and its repository.",
      "Bare\nWhat a bare repository is; a repo without files.",
      "Fork\nThis repo forks that repository.",
    ]);
    const { name } = nameClusters([repos, bread, running])[0]!;
    expect(name).toMatch(/repo/i);
    expect(name).not.toMatch(/repo.*repo/i);
  });

  test("prefers the words of central notes", () => {
    const notes = ["glaze", "glaze", "glaze", "kiln", "kiln", "kiln"].map((word, index) => ({
      title: `Tuesday ${index}`,
      body: `${["Ash", "Clay", "Salt", "Iron", "Wax", "Slip"][index]} for the ${word}.`,
      isCentral: word === "kiln",
    }));
    expect(nameClusters([{ key: "pots", notes }, bread])[0]!.keyphrases[0]).toBe("kiln");
    const other = notes.map((note) => ({ ...note, isCentral: !note.isCentral }));
    expect(nameClusters([{ key: "pots", notes: other }, bread])[0]!.keyphrases[0]).toBe("glaze");
  });

  test("is not someone who is mentioned", () => {
    const garden = cluster("garden", [
      "Plot\nMarta said the compost is too wet.",
      "Beans\nTurned the compost. Marta laughed at the beans.",
      "Gate\nMarta, who has the key, wants ash on it.",
      "Heap\nMarta brought less grass. The compost steams.",
    ]);
    expect(nameOf(nameClusters([garden, bread, databases]), "garden")).toBe("Compost");
  });

  test("is not who is addressed, whose title ends no sentence", () => {
    const lessons = cluster("lessons", [
      "Lesson\nMrs. Abernathy and the cello.",
      "Scales\nThe cello for Mrs. Abernathy.",
      "Strings\nNew strings on the cello, Mrs. Abernathy!",
      "Duet\nA cello with Mrs. Abernathy.",
    ]);
    expect(nameOf(nameClusters([lessons, bread, databases]), "lessons")).toBe("Cello");
  });

  test("is the same in other scripts", () => {
    const japanese = cluster("ja", [
      "寿司\n東京で寿司を食べた。",
      "昼ごはん\n寿司を作った。",
      "旅行\n大阪の寿司。",
    ]);
    const russian = cluster("ru", [
      "Сад\nПосадил яблоню.",
      "Весна\nЯблоню подрезал, в саду тепло.",
      "Лето\nЯблоню полил.",
    ]);
    const names = nameClusters([japanese, russian, bread]);
    expect(nameOf(names, "ja")).toContain("寿司");
    expect(nameOf(names, "ru")).toMatch(/яблоню/i);
  });
});

describe("a template", () => {
  const days = (key: string, subject: string) =>
    cluster(
      key,
      Array.from(
        { length: 8 },
        (_, day) => `2026-05-0${day + 1}
## Morning
Slept: ${day} hours
Mood: ${["steady", "flat", "bright", "sore", "calm", "hurried", "fine", "blue"][day]}
## Grateful for
- ${subject} ${["by the bridge", "in fog", "asleep", "at noon", "again", "seen twice", "from afar", "with Ada"][day]}
## Energy
Energy level ${day} of 10`,
      ),
    );

  test("never names a cluster, whatever was filled in", () => {
    const names = nameClusters([days("a", "the heron"), days("b", "our orchard"), bread, databases]);
    for (const { name, keyphrases } of names) {
      expect([name, ...keyphrases].join(" ")).not.toMatch(/morning|grateful|energy|slept|mood|level/i);
    }
    expect(nameOf(names, "a")).toBe("Heron");
    expect(nameOf(names, "b")).toBe("Orchard");
  });

  test("is not a list of links to one note", () => {
    const links = Array.from({ length: 6 }, (_, index) => `Entry ${"abcdef"[index]}\n- [[Beekeeping]]`);
    const hub = cluster("hub", ["Beekeeping\nWhat I know.", "Sailing\nWhat I know of boats."]);
    expect(nameClusters([cluster("bees", links), hub, bread])[0]!.keyphrases[0]!.toLowerCase()).toBe(
      "beekeeping",
    );
  });
});

describe("within an account", () => {
  test("no two names are alike, not even by case, plural or order", () => {
    const copies = ["a", "b", "c", "d"].map((key) => ({ ...databases, key }));
    const names = nameClusters(copies).map(({ name }) =>
      name.toLowerCase().replace(/s\b/g, "").split(/ & | /).sort().join(" "),
    );
    expect(new Set(names).size).toBe(copies.length);
  });

  test("names are alike when case, accents, plurals and order are all that tells them apart", () => {
    expect(nameIdentity("Cafés & SQLite")).toBe(nameIdentity("sqlite & CAFE"));
    expect(nameIdentity("Cafés & SQLite")).not.toBe(nameIdentity("Cafés & rye"));
  });

  test("a kept name stays as it is, and nobody else gets it", () => {
    const kept = { ...running, keepName: "Sourdough  STARTERS!" };
    const names = nameClusters([kept, bread, databases]);
    expect(nameOf(names, "running")).toBe("Sourdough  STARTERS!");
    expect(nameOf(names, "bread")).not.toMatch(/^sourdough starters?$/i);
  });

  test("clusters without words are told apart all the same", () => {
    const empty = ["a", "b", "c"].map((key) => cluster(key, ["\n", "123\n--- 🎉", "\nhttps://example.com"]));
    expect(nameClusters(empty)).toEqual([
      { key: "a", name: "Notes without words", keyphrases: [] },
      { key: "b", name: "Notes without words 2", keyphrases: [] },
      { key: "c", name: "Notes without words 3", keyphrases: [] },
    ]);
  });

  test("no clusters, and a cluster without notes, are no error", () => {
    expect(nameClusters([])).toEqual([]);
    expect(nameClusters([{ key: "a", notes: [] }])).toHaveLength(1);
  });

  test("the order of clusters and notes changes nothing", () => {
    const all = [bread, databases, running];
    const expected = nameClusters(all);
    const orders = fc.tuple(
      fc.shuffledSubarray(all, { minLength: 3 }),
      fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
    );
    fc.assert(
      fc.property(orders, ([clusters, order]) => {
        const names = nameClusters(
          clusters.map((one) => ({
            ...one,
            notes: [...order.map((at) => one.notes[at]!), ...one.notes.slice(4)],
          })),
        );
        for (const name of names) expect(name).toEqual(expected.find(({ key }) => key === name.key));
      }),
      { numRuns: 30 },
    );
  });

  test("whatever people write, each cluster gets a short name of its own", () => {
    const note = fc.record({
      title: fc.string({ unit: "grapheme", maxLength: 30 }),
      body: fc.oneof(
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc
          .array(
            fc.constantFrom("Paris", "paris", "the", "SQLite", "rain", "rains", "a.b", "x-ray", "\n", "# "),
            { maxLength: 20 },
          )
          .map((list) => list.join(" ")),
      ),
      isCentral: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.array(note, { maxLength: 6 }), { maxLength: 6 }), (lists) => {
        const names = nameClusters(lists.map((notes, index) => ({ key: `${index}`, notes }))).map(
          ({ name }) => name,
        );
        expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(lists.length);
        for (const name of names) {
          expect(name.trim()).not.toBe("");
          expect(name.split(" ").filter((word) => word !== "&").length).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});

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

test("a word that is shouted, as on a button, is a word like any other", () => {
  const kettle = cluster("kettle", [
    "Kettle light\nThe DESCALE light of the kettle is on.",
    "Vinegar\nThe kettle said DESCALE again, after two weeks of vinegar.",
    "Scale\nPress DESCALE and hold; the kettle beeps.",
  ]);
  const [name] = nameClusters([kettle, bread, running, databases]);
  expect([name!.name, ...name!.keyphrases].join()).not.toMatch(/DESCALE/);
  expect(name!.keyphrases).toContain("descale");
});
