import type { Fact, Saying } from "@noctuary/core/weekly-insights/fact";
import { altered, type Behaviour, someTrue, unquoted, with_ } from "./behaviour.ts";
import { pick, trueSentence } from "./true-sentences.ts";

const HAS_FIGURE =
  /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|zero)\b/i;
const HAS_CLAIM =
  /\b(?:grew|picked up|faded|quiet|quieter|busier|is new|new theme|led|largest|came back|returned|steady|pace|more than|fewer than|up from|down from|longest)\b/i;
const INVERTED: Partial<Record<Saying, Saying>> = {
  up: "down",
  down: "up",
  steady: "new",
  new: "back",
  back: "new",
};

/** Figures, directions, ranks and ids that are not those of the facts. */
export const falseFigures: Record<string, Behaviour> = {
  "wrong figure": (random, { facts }) =>
    someTrue(
      random,
      altered(facts, (fact) =>
        typeof fact.value === "number"
          ? {
              ...fact,
              value: Math.round(fact.value * (random() < 0.5 ? 1.3 : 1.7)) + 1 + Math.floor(random() * 5),
            }
          : fact,
      ),
      (text) => HAS_FIGURE.test(unquoted(text)),
    ),
  "figures exchanged": (random, { facts }) => {
    const counted = [...facts.values()].filter((fact) => fact.unit === "notes");
    const [one, other] = [pick(random, counted), pick(random, counted)];
    if (one.value === other.value) return null;
    const exchanged = altered(facts, (fact) =>
      fact === one ? { ...fact, value: other.value } : fact === other ? { ...fact, value: one.value } : fact,
    );
    const sentence = someTrue(random, exchanged, (text) => HAS_FIGURE.test(unquoted(text)));
    // False only if it states one of the two that were exchanged.
    const states = (fact: Fact) =>
      sentence!.factIds.includes(fact.id) && !/went quiet|returned|came back/.test(sentence!.text);
    return sentence !== null && (states(one) || states(other)) ? sentence : null;
  },
  "figure of another theme": (random, { facts }) => {
    const themes = [...facts.values()].filter((fact) => /^theme-\d+\.notes$/.test(fact.id));
    const [one, other] = [pick(random, themes), pick(random, themes)];
    if (one === undefined || one.value === other.value || one.label === other.label) return null;
    const swapped = altered(facts, (fact) =>
      fact.label === one.label
        ? { ...fact, label: other.label! }
        : fact.label === other.label
          ? { ...fact, label: one.label! }
          : fact,
    );
    const about = [one, other].map((fact) => fact.id.split(".")[0]!);
    const sentence = someTrue(random, swapped, (text) => HAS_FIGURE.test(unquoted(text)));
    return sentence?.factIds.some((id) => /\.notes$/.test(id) && about.includes(id.split(".")[0]!))
      ? sentence
      : null;
  },
  "direction inverted": (random, { facts }) => {
    const inverted = altered(facts, (fact) => ({
      ...fact,
      says: fact.says.map((saying) => INVERTED[saying] ?? saying),
    }));
    return someTrue(
      random,
      inverted,
      (text) => HAS_CLAIM.test(unquoted(text)) && !/longest|led|largest/.test(text),
    );
  },
  "rank invented": (random, { facts }) => {
    const ranked = altered(facts, (fact) =>
      /^theme-\d+\.notes$/.test(fact.id) && !fact.says.includes("most")
        ? { ...fact, says: [...fact.says, "most"] }
        : { ...fact, says: fact.says.filter((saying) => saying !== "most") },
    );
    return someTrue(random, ranked, (text) => /\bled\b|largest/.test(unquoted(text)));
  },
  "fact invented": (random, { facts }) =>
    with_(trueSentence(random, facts), ({ factIds }) => ({
      factIds: [...factIds, `theme-${40 + Math.floor(random() * 9)}.notes`],
    })),
  "note invented": (random, { facts }) =>
    with_(trueSentence(random, facts), ({ noteIds }) => ({
      noteIds: [...noteIds, `note-${Math.floor(random() * 1e6)}`],
    })),
  "note of another fact": (random, { facts, allNoteIds }) =>
    with_(trueSentence(random, facts), ({ noteIds, factIds }) => {
      const behind = new Set(factIds.flatMap((id) => facts.get(id)!.noteIds));
      const other = allNoteIds.find((id) => !behind.has(id));
      return { noteIds: other === undefined ? ["nowhere"] : [...noteIds, other] };
    }),
  "no note": (random, { facts }) => with_(trueSentence(random, facts), () => ({ noteIds: [] })),
};
