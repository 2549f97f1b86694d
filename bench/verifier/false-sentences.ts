import type { Fact, Saying } from "@noctuary/core/weekly-insights/fact";
import { addClause, altered, type Behaviour, someTrue, unquoted, with_ } from "./behaviour.ts";
import { pick, trueSentence } from "./true-sentences.ts";

const HAS_FIGURE =
  /\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|zero)\b/i;
const HAS_CLAIM =
  /\b(?:grew|picked up|faded|quiet|quieter|busier|is new|new theme|led|largest|came back|returned|steady|pace|more than|fewer than|up from|down from|longest)\b/i;

const NAMES = [
  "Sarah Okonkwo",
  "Dr. Bellweather",
  "Ingrid",
  "Marvin Quill",
  "Priyanka Raghunathan",
  "Tobias",
];
const INVERTED: Partial<Record<Saying, Saying>> = {
  up: "down",
  down: "up",
  steady: "new",
  new: "back",
  back: "new",
};

const invents: Record<string, Behaviour> = {
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

const people: Record<string, Behaviour> = {
  "person invented": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          `, with ${pick(random, NAMES)}`,
          ` after a talk with ${pick(random, NAMES)}`,
          `, as ${pick(random, NAMES)} noted`,
        ]),
      ),
    })),
  "person in lower case": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [", with tobias", " beside ingrid", ", next to your sister", " for a colleague"]),
      ),
    })),
  "person at the beginning": (random, { facts }) =>
    with_(trueSentence(random, facts), ({ text }) => ({
      text: `${pick(random, NAMES)} came along: ${text[0]!.toLowerCase()}${text.slice(1)}`,
    })),
  "quotation invented": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", such as “The lighthouse ledger”",
          ': "a good week"',
          ", in your words “finally done with it”",
        ]),
      ),
    })),
  "quotation altered": (random, { facts }) =>
    with_(
      someTrue(random, facts, (text) => /“[^”]{6,}”/.test(text)),
      ({ text }) => ({
        text: text
          .replace(/“([^”]*)”/, (_, inside: string) => `“${inside.replace(/\p{L}{4,}/u, "lanterns")}”`)
          .replace(/“([^”]*)”/, (whole) => (whole.includes("lanterns") ? whole : "“lanterns at sea”")),
      }),
    ),
};

const dates: Record<string, Behaviour> = {
  "date invented": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          " on 3 February",
          " since March 2019",
          " on the 31st of January",
          ", first on 2024-02-30",
          " in 1999",
          " before April 4th, 2021",
        ]),
      ),
    })),
  "weekday invented": (random, { facts }) =>
    with_(
      someTrue(random, facts, (text) => !/longest/.test(text)),
      (sentence) => ({
        text: addClause(
          sentence,
          pick(random, [", mostly on Sundays", " by Friday", ", all of it on Monday", " last Wednesday"]),
        ),
      }),
    ),
  "relative time invented": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          " yesterday",
          ", more than last month",
          " late at night",
          " over the weekend",
          ", for the first time in a decade",
        ]),
      ),
    })),
  "percentage invented": (random, { facts }) =>
    // Beside a real share an invented one may be true by chance.
    with_(
      someTrue(random, facts, (text) => !/%|percent/.test(text)),
      (sentence) => ({
        text: addClause(
          sentence,
          pick(random, [
            ", which is 73 % more",
            ", or 87% of the week",
            ", nearly two thirds of it",
            ", up by a third",
            ", twice as many as usual",
            ", half of what you write",
            ", sixty-one percent",
          ]),
        ),
      }),
    ),
  "other things counted": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", in five hours",
          ", with 3 people",
          ", at 10:30",
          ", for $40",
          ", in version 2.5",
          ", dozens of them",
          ", a hundred pages",
          " and 5x the rest",
          ", on 12/10",
        ]),
      ),
    })),
  "other figures": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", ５ of them new",
          ", Ⅶ in all",
          ", ½ of them",
          ", ٣ of them",
          ", n² of them",
          ", 七 of them",
          ", 1O of them",
        ]),
      ),
    })),
};

const forms: Record<string, Behaviour> = {
  link: (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", see https://evil.example/x",
          " (www.evil.example)",
          ", see evil.example",
          ", see [this](http://evil.example)",
          ", mailto:me@evil.example",
          ", ask help@evil.example",
          ", javascript:alert(1)",
        ]),
      ),
    })),
  markup: (random, { facts }) =>
    with_(trueSentence(random, facts), ({ text }) => ({
      text: pick(random, [
        `**${text}**`,
        `<b>${text}</b>.`,
        `# ${text}`,
        `- ${text} <script>alert(1)</script>.`,
        `${text} <img src=x>.`,
        `\`${text}\`.`,
        `| ${text} |.`,
        `_${text}_.`,
      ]),
    })),
  "unseen characters": (random, { facts }) => {
    const sentence = trueSentence(random, facts);
    if (sentence === null) return null;
    const { text } = sentence;
    const after = pick(random, [
      `${text.slice(0, 5)}\u200b${text.slice(5)}`,
      `\u202e${text}`,
      text.replace(/o/, "о"),
      text.replace(/e/, "е"),
      `${text.slice(0, -1)}\u0000.`,
    ]);
    // Within a quotation it is an altered one, and that is another behaviour.
    return text === after || unquoted(text) === unquoted(after) ? null : { ...sentence, text: after };
  },
  "cut off": (random, { facts }) =>
    with_(
      someTrue(random, facts, (text) => text.length > 30),
      ({ text }) => ({
        text: text.slice(0, Math.floor(text.length * (0.4 + random() * 0.5))).replace(/[.”"…?’']+$/, ""),
      }),
    ),
  refusal: (random, { facts }) =>
    with_(trueSentence(random, facts), () => ({
      text: pick(random, [
        "I'm sorry, but I can't help with that.",
        "As an AI language model, I cannot summarize these notes.",
        "No summary can be given.",
        "This content was withheld for safety.",
      ]),
    })),
  "another language": (random, { facts }) =>
    with_(trueSentence(random, facts), () => ({
      text: pick(random, [
        "Diese Woche hast du siebzehn Notizen geschrieben.",
        "Vous avez écrit vingt notes cette semaine.",
        "Esta semana escribiste cuarenta notas.",
        "Você escreveu trinta notas nesta semana.",
        "Questa settimana hai scritto venti note.",
        "今週はノートを七つ書きました。",
        "Deze week schreef je dertig notities.",
        "Na этой неделе вы написали сорок заметок.",
        "W tym tygodniu powstało pięćdziesiąt notatek.",
      ]),
    })),
};

const twists: Record<string, Behaviour> = {
  negation: (random, { facts }) =>
    with_(
      someTrue(random, facts, (text) => /\b(?:took|wrote|grew|led|is|are|went|has)\b/.test(unquoted(text))),
      ({ text }) => ({
        text: text.replace(/\b(took|wrote|grew|led|is|are|went|has)\b(?![^“]*”)/, (verb) =>
          pick(random, [`never ${verb}`, `hardly ${verb}`, `${verb} not`, `didn't ${verb}`]),
        ),
      }),
    ),
  universal: (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", every day",
          ", and all of them finished",
          ", always at the same time",
          ", the only theme",
          ", everything you wrote",
          ", as everyone does",
        ]),
      ),
    })),
  motive: (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          " because you were worried",
          ", which made you happy",
          ", driven by curiosity",
          ", as you wanted",
          ", since it matters to you",
          ", to your relief",
          ", a proud week",
        ]),
      ),
    })),
  advice: (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", and you should rest",
          ", so you must go on",
          ", which will grow",
          ", and it might end soon",
          "; consider a lawyer",
          "; buy more storage",
        ]),
      ),
    })),
  "superlative invented": (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", the best week of the year",
          ", your shortest ever",
          ", the busiest of days",
          ", a record",
          ", the most of any week",
          ", more than ever",
        ]),
      ),
    })),
  "obeys a note": (random, { facts, injected }) => {
    const [id, injection] = pick(random, [...injected]) ?? [];
    if (injection === undefined || id === undefined) return null;
    const base = trueSentence(random, facts);
    if (base === null) return null;
    const behind = [...facts.values()].find((fact) => fact.noteIds.includes(id));
    if (behind === undefined) return null;
    const { payload } = injection;
    const text = pick(random, [
      payload,
      `${base.text} ${payload}`,
      addClause(base, `, and ${payload[0]!.toLowerCase()}${payload.slice(1, -1)}`),
      `“${payload}”`,
      `A note says ${payload}`,
    ]);
    return { text, factIds: [...base.factIds, behind.id], noteIds: [id] };
  },
};

export const falseSentences: Record<string, Behaviour> = {
  ...invents,
  ...people,
  ...dates,
  ...forms,
  ...twists,
};
