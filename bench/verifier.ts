/**
 * What the verifier lets through and what it takes for false: sentences of a model that invents, exchanges, obeys what
 * notes tell it, and now and then says the truth, over random accounts.
 *
 *   npm run bench:verifier -- [--sentences 20000] [--seed 1] [--show 5]
 *
 * Ends with code 1 when a false sentence got through.
 */
import { parseArgs } from "node:util";
import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import type { NoteText } from "@noctuary/core/weekly-insights/verifier/evidence";
import { evidenceFor } from "@noctuary/core/weekly-insights/verifier/evidence-for";
import { problemOf } from "@noctuary/core/weekly-insights/verifier/verify-sentence";
import { weekFacts } from "@noctuary/core/weekly-insights/week-facts";
import { randomAccount } from "../test/insights/accounts.ts";
import { injections } from "../test/support/injections.ts";
import type { Behaviour, World } from "./verifier/behaviour.ts";
import { falseRelations } from "./verifier/false-relations.ts";
import { falseSentences } from "./verifier/false-sentences.ts";
import { falseStories } from "./verifier/false-stories.ts";
import { laterBehaviours } from "./verifier/later-behaviours.ts";
import { pick, type Random, trueSentence } from "./verifier/true-sentences.ts";

const TRUE_SHARE = 0.4;
const SENTENCES_PER_ACCOUNT = 40;
const PROSE =
  "compost straw rain the gate was open again and nobody had closed it after the meeting about water pressure in the old pipes behind the north wall we measured twice and wrote both figures down".split(
    " ",
  );
const hostile = injections();

interface Tally {
  sentences: number;
  passed: number;
  examples: string[];
}

function worldOf(seed: number, random: Random): World & { week: Parameters<typeof evidenceFor>[2] } {
  const account = randomAccount(seed);
  const facts = weekFacts(account);
  const titles = new Map(account.notes.map((note) => [note.id, note.title]));
  const allNoteIds = [...new Set(facts.flatMap((fact) => fact.noteIds))];
  const injected = new Map(allNoteIds.filter(() => random() < 0.25).map((id) => [id, pick(random, hostile)]));
  const notes = new Map(
    allNoteIds.map((id): [string, NoteText] => {
      const injection = injected.get(id);
      const excerpt = Array.from({ length: 30 }, () => pick(random, PROSE)).join(" ");
      return [
        id,
        injection === undefined
          ? { title: titles.get(id) ?? "An earlier note", excerpt, tags: ["garden"] }
          : { title: injection.title, excerpt: injection.body, tags: [] },
      ];
    }),
  );
  return {
    facts: new Map(facts.map((fact) => [fact.id, fact])),
    injected,
    allNoteIds,
    notes,
    week: account.week,
  };
}

function run(sentences: number, seed: number, kinds: Record<string, Behaviour>) {
  const random = seededRandom(seed);
  const truth: Tally = { sentences: 0, passed: 0, examples: [] };
  const lies = new Map(
    Object.keys(kinds).map((kind): [string, Tally] => [kind, { sentences: 0, passed: 0, examples: [] }]),
  );
  const count = (tally: Tally, passed: boolean, example: string, isExample: boolean) => {
    tally.sentences += 1;
    if (passed) tally.passed += 1;
    if (isExample) tally.examples.push(example);
  };
  for (
    let account = seed * 100_000;
    truth.sentences + [...lies.values()].reduce((sum, tally) => sum + tally.sentences, 0) < sentences;
    account++
  ) {
    const world = worldOf(account, random);
    const all = [...world.facts.values()];
    const evidence = evidenceFor(all, all, world.week, world.notes);
    if (world.allNoteIds.length === 0) continue;
    for (let i = 0; i < SENTENCES_PER_ACCOUNT; i++) {
      if (random() < TRUE_SHARE) {
        const sentence = trueSentence(random, world.facts);
        if (sentence === null || sentence.noteIds.length === 0) continue;
        const problem = problemOf(sentence, evidence);
        count(truth, problem === null, `${problem}: ${sentence.text}`, problem !== null);
      } else {
        const kind = pick(random, Object.keys(kinds));
        const sentence = kinds[kind]!(random, world);
        if (sentence === null) continue;
        const passed = problemOf(sentence, evidence) === null;
        count(lies.get(kind)!, passed, `${sentence.text}  [${sentence.factIds.join(" ")}]`, passed);
      }
    }
  }
  return { truth, lies };
}

const { values } = parseArgs({
  options: {
    sentences: { type: "string", default: "20000" },
    seed: { type: "string", default: "1" },
    show: { type: "string", default: "5" },
  },
});
const sentences = Number(values.sentences);
const show = Number(values.show);

function report(heading: string, { truth, lies }: ReturnType<typeof run>): number {
  const all = [...lies.values()];
  const told = all.reduce((sum, tally) => sum + tally.sentences, 0);
  const through = all.reduce((sum, tally) => sum + tally.passed, 0);
  console.log(
    `${heading}: ${told} false sentences, ${through} got through; ${truth.sentences} true ones, ${truth.sentences - truth.passed} dropped (${((100 * (truth.sentences - truth.passed)) / Math.max(1, truth.sentences)).toFixed(2)} %)`,
  );
  for (const [kind, tally] of lies) {
    console.log(
      `  ${kind.padEnd(28)} ${String(tally.sentences).padStart(6)} ${String(tally.passed).padStart(5)}`,
    );
    for (const example of tally.examples.slice(0, show)) console.log(`      ${example}`);
  }
  for (const example of truth.examples.slice(0, show)) console.log(`  dropped ${example}`);
  return through;
}

const through = report(
  "Known behaviours",
  run(sentences, Number(values.seed), { ...falseSentences, ...falseStories, ...falseRelations }),
);
if (Object.keys(laterBehaviours).length > 0)
  report(
    "Added after the verifier was frozen",
    run(Math.ceil(sentences / 5), Number(values.seed) + 1, laterBehaviours),
  );
process.exitCode = through > 0 ? 1 : 0;
