import type { Behaviour } from "./behaviour.ts";
import { pick, said, simpleSentence } from "./true-sentences.ts";

/** Behaviours that were thought of after the verifier was finished, and that it was not changed for. */
export const laterBehaviours: Record<string, Behaviour> = {
  /** The part told as the whole, the whole as the part. */
  "part and whole exchanged": (random, { facts }) => {
    const all = facts.get("notes");
    const theme = pick(
      random,
      [...facts.values()].filter((fact) => /^theme-\d+\.notes$/.test(fact.id)),
    );
    if (all === undefined || theme === undefined) return null;
    const [whole, part] = [Number(all.value), Number(theme.value)];
    if (whole <= part || part === 0) return null;
    const name = `“${theme.label}”`;
    const text = pick(random, [
      `of ${said(random, part)} notes, ${said(random, whole)} went to ${name}.`,
      `${name} took ${said(random, whole)} of the ${said(random, part)} notes.`,
      `you wrote ${said(random, part)} notes, ${said(random, whole)} on ${name}.`,
      `${name} led with ${said(random, whole)}, and you wrote ${said(random, part)} in all.`,
    ]);
    return {
      text: text[0]!.toUpperCase() + text.slice(1),
      factIds: [all.id, theme.id],
      noteIds: theme.noteIds.slice(0, 2),
    };
  },
  /** What is said of one note, said of another one that the same sentence cites. */
  "note exchanged": (random, { facts }) => {
    const titles = [...facts.values()].filter((fact) => fact.unit === "title");
    const sentence = simpleSentence(random, facts);
    const other = pick(random, titles);
    const own = titles.find(
      ({ id, value }) =>
        sentence?.factIds.includes(id) && /^(?:note|echo)/.test(id) && sentence.text.includes(String(value)),
    );
    if (sentence === null || own === undefined || other.value === own.value) return null;
    if (sentence.text.includes(String(other.value)) || other.says.some((saying) => own.says.includes(saying)))
      return null;
    return {
      text: sentence.text.replace(String(own.value), () => String(other.value)),
      factIds: [...sentence.factIds, other.id],
      noteIds: [...sentence.noteIds, other.noteIds[0]!],
    };
  },
};
