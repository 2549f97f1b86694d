import type { Behaviour } from "./false-sentences.ts";
import { pick, simpleSentence } from "./true-sentences.ts";

/** Behaviours that were thought of after the verifier was finished, and that it was not changed for. */
export const laterBehaviours: Record<string, Behaviour> = {
  /** Right figures of the right theme, under the name of a part of another one, or of a longer one. */
  "name blended": (random, { facts }) => {
    const labels = [...facts.values()].flatMap((fact) =>
      /^theme-\d+\.notes$/.test(fact.id) ? [fact.label!] : [],
    );
    const sentence = simpleSentence(random, facts);
    const [own, other] = [pick(random, labels), pick(random, labels)];
    if (
      sentence === null ||
      own === other ||
      !sentence.text.includes(own) ||
      sentence.text.includes(`“${own}`)
    )
      return null;
    const word = other.split(" ").at(-1)!;
    return {
      ...sentence,
      text: sentence.text.replace(
        own,
        pick(random, [`${own} and ${other}`, `${own} (formerly ${word})`, `${other}, not ${own},`, other]),
      ),
    };
  },
  /** A true sentence with a second one that tells what came of it. */
  "story continued": (random, { facts }) => {
    const sentence = simpleSentence(random, facts);
    if (sentence === null) return null;
    const more = pick(random, [
      "The rest of the notes were deleted.",
      "It closed the theme.",
      "The garden was sold.",
      "Two of them came from work.",
      "The same theme led the previous week.",
      "Together they make a book.",
      "That was more than in the spring.",
      "The water pressure was measured four times.",
    ]);
    return { ...sentence, text: `${sentence.text} ${more}` };
  },
};
