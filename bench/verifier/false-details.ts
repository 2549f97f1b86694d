import { addClause, type Behaviour, someTrue, with_ } from "./behaviour.ts";
import { pick, trueSentence } from "./true-sentences.ts";

const NAMES = [
  "Sarah Okonkwo",
  "Dr. Bellweather",
  "Ingrid",
  "Marvin Quill",
  "Priyanka Raghunathan",
  "Tobias",
];

/** People and quotations that stand in no note. */
export const falseNames: Record<string, Behaviour> = {
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

/** Dates, times, shares and counts of other things. */
export const falseDates: Record<string, Behaviour> = {
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
