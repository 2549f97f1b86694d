import { addClause, type Behaviour, someTrue, unquoted, with_ } from "./behaviour.ts";
import { pick, trueSentence } from "./true-sentences.ts";

/** What turns a true sentence: negations, motives, advice, and what a note orders. */
export const falseTwists: Record<string, Behaviour> = {
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
