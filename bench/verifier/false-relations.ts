import type { Behaviour } from "./behaviour.ts";
import { pick, said, simpleSentence } from "./true-sentences.ts";

/** What is true of one note, theme or list, told of another; thought of when an earlier verifier was finished. */
export const falseRelations: Record<string, Behaviour> = {
  /** What is open or closed, or an echo's word, under the title of another note. */
  "put in another note": (random, { facts }) => {
    const items = [...facts.values()].filter((fact) => fact.unit === "text" && fact.label !== undefined);
    const titles = [...facts.values()].filter((fact) => fact.unit === "title");
    if (items.length === 0 || titles.length === 0) return null;
    const [item, other] = [pick(random, items), pick(random, titles)];
    if (item.label === other.value || item.label === other.label || item.value === other.value) return null;
    const text = pick(random, [
      `“${item.value}” stands in “${other.value}”.`,
      `“${other.value}” asks “${item.value}”.`,
      `“${other.value}” includes “${item.value}”, which is open.`,
      `“${item.value}”, in “${other.value}”, is still open.`,
      `In “${other.value}”, “${item.value}” was ticked off.`,
    ]);
    return { text, factIds: [item.id, other.id], noteIds: [item.noteIds[0]!, other.noteIds[0]!] };
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
  /** Two themes or notes that are told as joined, one of which is another. */
  "connection exchanged": (random, { facts }) => {
    const [note, from, to, target] = [
      "connection",
      "connection.from",
      "connection.to",
      "connection.target",
    ].map((id) => facts.get(id));
    if (note === undefined || from === undefined || to === undefined) return null;
    const isTheme = random() < 0.7 || target === undefined;
    const other = pick(
      random,
      [...facts.values()].filter(({ id, unit }) =>
        isTheme ? /^theme-\d+\.notes$/.test(id) : unit === "title" && /^(?:note|theme|echo)/.test(id),
      ),
    );
    const name = isTheme ? other?.label : String(other?.value);
    if (other === undefined || [note, from, to, target].some((fact) => fact?.value === name)) return null;
    const text = isTheme
      ? pick(random, [
          `“${note.value}” ties “${from.value}” to “${name}”.`,
          `“${note.value}” connects “${name}” with “${to.value}”.`,
          `“${note.value}” is a bridge from “${from.value}” to “${name}”.`,
          `“${note.value}” joins “${name}” and “${to.value}”.`,
        ])
      : `“${note.value}” links to “${name}”.`;
    return {
      text,
      factIds: [note.id, from.id, to.id, ...(target === undefined ? [] : [target.id]), other.id],
      noteIds: [note.noteIds[0]!, other.noteIds[0]!],
    };
  },
  /** An old note that recalls a new one. */
  "echo turned round": (random, { facts }) => {
    const [old, note, age] = ["echo.old", "echo.note", "echo.age"].map((id) => facts.get(id));
    if (old === undefined || note === undefined || age === undefined || old.value === note.value) return null;
    const long = `${said(random, Number(age.value))} ${age.value === 1 ? age.unit.replace(/s$/, "") : age.unit}`;
    const text = pick(random, [
      `“${old.value}” recalls “${note.value}”.`,
      `“${old.value}” echoes “${note.value}”, written ${long} before.`,
      `“${old.value}” echoes “${note.value}” after ${long}.`,
    ]);
    return { text, factIds: [old.id, note.id, age.id], noteIds: note.noteIds.slice(0, 1) };
  },
  /** A link told the wrong way round. */
  "link turned round": (random, { facts }) => {
    const [note, target] = ["connection", "connection.target"].map((id) => facts.get(id));
    if (note === undefined || target === undefined || note.value === target.value) return null;
    const text = pick(random, [
      `“${target.value}” links to “${note.value}”.`,
      `“${note.value}” is linked from “${target.value}”.`,
      `“${target.value}”, linking to “${note.value}”.`,
    ]);
    return { text, factIds: [note.id, target.id], noteIds: target.noteIds.slice(0, 1) };
  },
  /** A note that is put into a theme that it is not in. */
  "title in another theme": (random, { facts }) => {
    const titles = [...facts.values()].filter(({ id }) => /^theme-\d+\.title-\d+$/.test(id));
    const title = pick(random, titles);
    const other = pick(
      random,
      [...facts.values()].filter(({ id }) => /^theme-\d+\.notes$/.test(id)),
    );
    if (title === undefined || other === undefined || title.label === other.label) return null;
    if (titles.some(({ label, value }) => label === other.label && value === title.value)) return null;
    const text = pick(random, [
      `“${other.label}” includes “${title.value}”.`,
      `Among the ${said(random, Number(other.value))} notes on “${other.label}” is “${title.value}”.`,
      `“${title.value}” belongs to “${other.label}”.`,
      `“${other.label}” has “${title.value}” in it.`,
    ]);
    return { text, factIds: [title.id, other.id], noteIds: title.noteIds.slice(0, 1) };
  },
  /** The day of one note, told of another. */
  "day of another note": (random, { facts }) => {
    const dates = [...facts.values()].filter(({ unit, label }) => unit === "date" && label !== undefined);
    const date = pick(random, dates);
    const title = pick(
      random,
      [...facts.values()].filter(({ unit }) => unit === "title"),
    );
    if (date === undefined || title === undefined || title.value === date.label) return null;
    if (dates.some(({ label, value }) => label === title.value && value === date.value)) return null;
    const [year, month, day] = String(date.value).split("-").map(Number) as [number, number, number];
    const long = new Date(Date.UTC(year, month - 1, day)).toLocaleDateString("en", {
      month: "long",
      day: "numeric",
      timeZone: "UTC",
    });
    const text = pick(random, [
      `“${title.value}” is of ${long}, ${year}.`,
      `“${title.value}” was written on ${long}.`,
      `On ${long} you wrote “${title.value}”.`,
      `“${title.value}” dates from ${date.value}.`,
    ]);
    return { text, factIds: [date.id, title.id], noteIds: [title.noteIds[0]!, date.noteIds[0]!] };
  },
  /** What was ticked off, told among what is open, and the other way round. */
  "to-do of the other list": (random, { facts }) => {
    const [list, other] = random() < 0.5 ? ["open", "closed"] : ["closed", "open"];
    const [count, item] = [facts.get(list), facts.get(`${other}-1`)];
    if (count === undefined || item === undefined) return null;
    if ([...facts.values()].some(({ id, value }) => id.startsWith(`${list}-`) && value === item.value))
      return null;
    const one = count.value === 1;
    const figure = `${said(random, Number(count.value))} ${one ? "to-do" : "to-dos"}`;
    const state = list === "open" ? "still open" : "ticked off";
    const text = pick(random, [
      `${figure} ${one ? "is" : "are"} ${state}, among them “${item.value}”.`,
      `“${item.value}” is one of ${figure} ${state}.`,
      `“${item.value}” is ${state}.`,
      `${figure} ${state}: “${item.value}” in “${item.label}”.`,
    ]);
    return {
      text: text[0]!.toUpperCase() + text.slice(1),
      factIds: [count.id, item.id],
      noteIds: item.noteIds.slice(0, 1),
    };
  },
  /** A note that is told as one that asks, or has something open, and does not. */
  "question of another note": (random, { facts }) => {
    const asked = facts.get("asked-1");
    const title = pick(
      random,
      [...facts.values()].filter(({ id, unit }) => unit === "title" && /^(?:note|theme|echo)/.test(id)),
    );
    if (asked === undefined || title === undefined) return null;
    if ([...facts.values()].some(({ unit, label }) => unit === "text" && label === title.value)) return null;
    const text = pick(random, [
      `“${title.value}” ends on an open question.`,
      `“${title.value}” asks a question.`,
      `A question stays open in “${title.value}”.`,
      `“${title.value}” is unanswered.`,
    ]);
    return { text, factIds: [asked.id, title.id], noteIds: title.noteIds.slice(0, 1) };
  },
  /** Words that stand in one of two notes, told as what they share. */
  "words that are not shared": (random, { facts, notes }) => {
    const [old, note] = [facts.get("echo.old"), facts.get("echo.note")];
    if (old === undefined || note === undefined || old.value === note.value) return null;
    const shared = [...facts.values()].flatMap(({ id, value }) =>
      id.startsWith("echo.word-") ? [String(value)] : [],
    );
    const word = pick(random, ["compost", "straw", "water pressure", "north wall", "old pipes"]);
    if (shared.some((one) => word.includes(one))) return null;
    if (note.noteIds.every((id) => notes.get(id)?.excerpt.includes(word))) return null; // both have it by chance
    const text = pick(random, [
      `“${note.value}” and “${old.value}” share “${word}”.`,
      `“${note.value}” echoes “${old.value}” in “${word}”.`,
      `Both “${note.value}” and “${old.value}” speak of “${word}”.`,
      `“${note.value}” recalls “${old.value}”: both have “${word}”.`,
    ]);
    return { text, factIds: [old.id, note.id], noteIds: note.noteIds };
  },
  /** Two notes of the week in the wrong order. */
  "order of two notes": (random, { facts }) => {
    const dated = [...facts.values()].filter(({ id }) => /^note-\d+\.date$/.test(id));
    const [one, other] = [pick(random, dated), pick(random, dated)];
    if (one === undefined || other === undefined || String(one.value) <= String(other.value)) return null;
    const text = pick(random, [
      `“${one.label}” came before “${other.label}”.`,
      `“${other.label}” followed “${one.label}”.`,
      `First came “${one.label}”, and then “${other.label}”.`,
      `“${one.label}” was written earlier than “${other.label}”.`,
    ]);
    return { text, factIds: [one.id, other.id], noteIds: one.noteIds.slice(0, 1) };
  },
  /** A note told as the week's first or last, which it is not. */
  "first or last of the week": (random, { facts }) => {
    const dated = [...facts.values()].filter(({ id }) => /^note-\d+\.date$/.test(id));
    const [one, other] = [pick(random, dated), pick(random, dated)];
    if (one === undefined || other === undefined || String(one.value) <= String(other.value)) return null;
    const text = pick(random, [
      `“${one.label}” was the first note of the week.`,
      `The week opened with “${one.label}”.`,
      `First came “${one.label}”.`,
      `“${other.label}” was the latest note.`,
      `The week ended with “${other.label}”.`,
      `“${one.label}” is the oldest of the notes.`,
    ]);
    return { text, factIds: [one.id, other.id], noteIds: one.noteIds.slice(0, 1) };
  },
};
