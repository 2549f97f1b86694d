import type { Behaviour } from "./behaviour.ts";
import { pick } from "./true-sentences.ts";

/** Behaviours that were thought of after the verifier was finished, and that it was not changed for. */
export const laterBehaviours: Record<string, Behaviour> = {
  /** Words that stand in one of two notes, told as what they share. */
  "words that are not shared": (random, { facts }) => {
    const [old, note] = [facts.get("echo.old"), facts.get("echo.note")];
    if (old === undefined || note === undefined || old.value === note.value) return null;
    const shared = [...facts.values()].flatMap(({ id, value }) =>
      id.startsWith("echo.word-") ? [String(value)] : [],
    );
    const word = pick(random, ["compost", "straw", "water pressure", "north wall", "old pipes"]);
    if (shared.some((one) => word.includes(one))) return null;
    const text = pick(random, [
      `“${note.value}” and “${old.value}” share “${word}”.`,
      `“${note.value}” echoes “${old.value}” in “${word}”.`,
      `Both “${note.value}” and “${old.value}” speak of “${word}”.`,
      `“${note.value}” recalls “${old.value}”: both have “${word}”.`,
    ]);
    return { text, factIds: [old.id, note.id], noteIds: note.noteIds };
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
