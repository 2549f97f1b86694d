import { nameClusters } from "@noctuary/core/naming/name-clusters";
import { describe, expect, test } from "vitest";
import { bread, cluster, databases, nameOf, running } from "./topics-to-name.ts";

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

  test("of two words also where they are of two handfuls of its notes", () => {
    const workshop = cluster("workshop", [
      "Saturday\nLit the kiln.",
      "Sunday\nA kiln beside a loom.",
      "Monday\nThreads for the loom.",
      "Errand\nVinegar is out.",
      "Letter\nWrote to an aunt.",
      "Shelf\nPaint for the hall.",
      "Lenses\nCollected at noon.",
      "Burlap\nOff the wall.",
      "Choir\nSang badly.",
    ]);
    expect(nameOf(nameClusters([workshop, bread, databases]), "workshop")).toMatch(/^(Kiln|Loom) & more$/);
  });

  test("is not what the other topics' notes have nearly half as often", () => {
    const withForum = (topic: typeof bread, share: number) => ({
      ...topic,
      notes: topic.notes.map((note, at) => ({
        ...note,
        body: at < share * topic.notes.length ? `${note.body} Read in the Forum${at}: Forum.` : note.body,
      })),
    });
    const walks = cluster("walks", [
      "Lane\nThe Forum has a map.",
      "Weir\nThe Forum knows a towpath.",
      "Lock\nOpened, as the Forum has it; the towpath was wet.",
      "Bridge\nThe Forum has photographs.",
    ]);
    const name = nameOf(nameClusters([walks, withForum(bread, 0.5), withForum(databases, 0.5)]), "walks");
    expect(name).toBe("Towpath");
  });

  test("where its best word is taken says that there is more rather than a word of few notes", () => {
    const json = (key: string, ...others: string[]) =>
      cluster(
        key,
        others.map((other, at) => `JSON ${"abcdefgh"[at]}\nJSON and ${other}.`),
      );
    const large = json("large", "arrays", "arrays", "arrays", "arrays", "arrays", "keys", "keys", "keys");
    const small = json("small", "an override", "settings", "yaml", "an override", "a zip", "a header");
    const names = nameClusters([large, small, bread, databases, running]);
    expect(nameOf(names, "large")).toMatch(/^JSON/);
    expect(nameOf(names, "small")).toBe("JSON & more");
  });

  test("holds no path, no word for or, and nothing that ends with a stop word", () => {
    const protocols = cluster("protocols", [
      "TCP/IP\nTCP/IP is keyword-only, in priv/static, for read/write.",
      "Layers\nThe layers of TCP/IP: read/write, priv/static, keyword-only.",
      "History\nTCP/IP in priv/static is keyword-only and read/write.",
      "Books\nOf TCP/IP; a keyword-only read/write in priv/static.",
    ]);
    const [{ name, keyphrases } = { name: "", keyphrases: [] }] = nameClusters([protocols, bread, running]);
    expect([name, ...keyphrases].join()).toContain("TCP/IP");
    for (const phrase of [name, ...keyphrases]) expect(phrase).not.toMatch(/[a-z]\/|only$/);
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
