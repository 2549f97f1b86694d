import type { Behaviour } from "./behaviour.ts";
import { pick } from "./true-sentences.ts";

/** Behaviours that were thought of after the verifier was finished, and that it was not changed for. */
export const laterBehaviours: Record<string, Behaviour> = {
  /** Two notes told as of one theme, of which one is not. */
  "both in one theme": (random, { facts }) => {
    const titles = [...facts.values()].filter(({ id }) => /^theme-\d+\.title-\d+$/.test(id));
    const [one, other] = [pick(random, titles), pick(random, titles)];
    if (one === undefined || other === undefined || one.label === other.label || one.value === other.value)
      return null;
    const text = pick(random, [
      `“${one.value}” and “${other.value}” are both on “${one.label}”.`,
      `“${one.label}” holds both “${other.value}” and “${one.value}”.`,
      `“${one.value}” and “${other.value}” share “${one.label}”.`,
      `In “${one.label}” are “${one.value}” and “${other.value}”.`,
    ]);
    return { text, factIds: [one.id, other.id], noteIds: one.noteIds.slice(0, 1) };
  },
  /** A note told as the heart of a theme that it is not in, or is not the heart of. */
  "heart of another theme": (random, { facts }) => {
    const title = pick(
      random,
      [...facts.values()].filter(({ id, unit }) => unit === "title" && /^(?:note|theme)/.test(id)),
    );
    const theme = pick(
      random,
      [...facts.values()].filter(({ id }) => /^theme-\d+\.notes$/.test(id)),
    );
    if (title === undefined || theme === undefined) return null;
    const isHeart = [...facts.values()].some(
      ({ says, unit, label, value }) =>
        says.includes("central") && unit === "theme" && label === title.value && value === theme.label,
    );
    if (isHeart) return null;
    const text = pick(random, [
      `“${title.value}” is at the heart of “${theme.label}”.`,
      `“${title.value}” is the most central note on “${theme.label}”.`,
      `At the centre of “${theme.label}” is “${title.value}”.`,
    ]);
    return { text, factIds: [title.id, theme.id], noteIds: title.noteIds.slice(0, 1) };
  },
};
