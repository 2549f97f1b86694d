import type { Behaviour } from "./behaviour.ts";
import { pick, said, simpleSentence, trueSentence } from "./true-sentences.ts";

/** Thought of when an earlier verifier was finished; this one was changed for all but the first of them. */
export const falseStories: Record<string, Behaviour> = {
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
  /** What a fact says of one thing, said of another one or the other way round: every word of it is right. */
  "role exchanged": (random, { facts }) => {
    const sentence = simpleSentence(random, facts);
    if (sentence === null) return null;
    const swaps: [RegExp, string][] = [
      [/ is linked from /, " links to "],
      [/ are still open\b| is still open\b/, " were closed"],
      [/ were ticked off\b| are ticked off\b| is ticked off\b/, " are still open"],
      [/\bto-dos?\b/, "questions"],
      [/ touched (\S+) themes?/, " filled $1 days"],
      [/ words\b/, " notes"],
      [/ on (\S+) days\b/, " on $1 themes"],
      [/ was the longest, with /, " was the most central, with "],
      [/ after (\S+) weeks/, " after $1 notes"],
      [/, up from a usual /, ", down from a usual "],
    ];
    const unquoted = sentence.text.replace(/“[^”]*”|"[^"]*"/g, (quoted) => "\ue000".repeat(quoted.length));
    const fitting = swaps.filter(([from]) => from.test(unquoted));
    if (fitting.length === 0) return null;
    const [from, to] = pick(random, fitting);
    const at = from.exec(unquoted)!;
    const found = sentence.text.slice(at.index, at.index + at[0].length);
    return {
      ...sentence,
      text:
        sentence.text.slice(0, at.index) +
        found.replace(from, to) +
        sentence.text.slice(at.index + found.length),
    };
  },
  /** Something that happened, told within the sentence and in a narrator's words. */
  "event within": (random, { facts }) => {
    const sentence = trueSentence(random, facts);
    if (sentence === null) return null;
    const event = pick(random, [
      ", after the folder was moved",
      ", copied from an old page",
      ", until the draft was lost",
      ", written down again from an older notebook",
      ", and then shared with the group",
      ", once the work had ended",
      " in three sections",
      ", before the journal was left behind",
    ]);
    return { ...sentence, text: sentence.text.replace(/[.]$/, `${event}.`) };
  },
  /** Two figures taken together, or one from the other: right arithmetic, and no fact. */
  "figures reckoned": (random, { facts }) => {
    const themes = [...facts.values()].filter((fact) => /^theme-\d+\.notes$/.test(fact.id));
    const one = pick(random, themes);
    const other = pick(random, themes);
    if (one === undefined || one === other || one.label === other.label) return null;
    const [a, b] = [Number(one.value), Number(other.value)];
    const [sum, gap] = [a + b, Math.abs(a - b)];
    const known = [...facts.values()].some(({ value }) => value === sum || value === gap);
    if (a === 0 || b === 0 || gap === 0 || known) return null;
    const text = pick(random, [
      `“${one.label}” and “${other.label}” took ${said(random, sum)} notes.`,
      `“${one.label}” and “${other.label}” had ${said(random, sum)} notes in all.`,
      `${said(random, sum)} notes went to “${one.label}” and “${other.label}”.`,
      `Between “${one.label}” and “${other.label}” lie ${said(random, gap)} notes.`,
      `“${one.label}” had ${said(random, gap)} notes beside “${other.label}”.`,
      `Together, “${one.label}” and “${other.label}” had ${said(random, sum)} notes.`,
    ]);
    const noteIds = [...new Set([...one.noteIds.slice(0, 2), ...other.noteIds.slice(0, 2)])];
    return { text: text[0]!.toUpperCase() + text.slice(1), factIds: [one.id, other.id], noteIds };
  },
  /** Right figures of another time than the one they are of. */
  "time shifted": (random, { facts }) => {
    const sentence = simpleSentence(random, facts);
    if (sentence === null) return null;
    const shifts: [RegExp, string[]][] = [
      [/ in the weeks before\./, [" in the weeks since.", " in the months before.", " in the year before."]],
      [
        / this week\b/i,
        [" in the month", " in the past weeks", " since the week before", " in the year", " in two weeks"],
      ],
      [/ on (\S+) days?\b/, [" on $1 days in a row", " in $1 weeks", " on $1 days of the month"]],
      [/ written (\S+) (\S+) before\./, [" written $1 $2 later.", " written $1 days before."]],
      [/ a usual /, [" an earlier ", " the longest ", " a total of "]],
    ];
    const unquoted = sentence.text.replace(/“[^”]*”|"[^"]*"/g, (quoted) => "\ue000".repeat(quoted.length));
    const fitting = shifts.filter(([from]) => from.test(unquoted));
    if (fitting.length === 0) return null;
    const [from, to] = pick(random, fitting);
    const at = from.exec(unquoted)!;
    const found = sentence.text.slice(at.index, at.index + at[0].length);
    const after = found.replace(from, pick(random, to));
    return {
      ...sentence,
      text: sentence.text.slice(0, at.index) + after + sentence.text.slice(at.index + found.length),
    };
  },
  /** A theme's count, said of one of its notes; a note's, said of its theme. */
  "note told as a theme": (random, { facts }) => {
    const title = pick(
      random,
      [...facts.values()].filter((fact) => /^theme-\d+\.title-\d+$/.test(fact.id)),
    );
    if (title === undefined) return null;
    const count = facts.get(`${title.id.split(".")[0]}.notes`)!;
    if (title.value === title.label) return null;
    const figure = `${said(random, Number(count.value))} ${Number(count.value) === 1 ? "note" : "notes"}`;
    const text = pick(random, [
      `“${title.value}” took ${figure} this week.`,
      `${figure[0]!.toUpperCase()}${figure.slice(1)} went to “${title.value}”.`,
      `“${title.value}” led the week with ${figure}.`,
      `“${title.value}” is linked from ${figure}.`,
      `“${title.value}” holds “${title.label}”, with ${figure}.`,
    ]);
    return { text, factIds: [title.id, count.id], noteIds: title.noteIds.slice(0, 1) };
  },
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
  /** What is usual, or was before, told as this week's. */
  "past told as present": (random, { facts }) => {
    const past = pick(
      random,
      [...facts.values()].filter(({ id }) => /^theme-\d+\.(?:usual|before)$/.test(id)),
    );
    if (past === undefined) return null;
    const now = facts.get(`${past.id.split(".")[0]}.notes`)!;
    if (past.value === now.value) return null;
    const count = `${said(random, Number(past.value))} ${past.value === 1 ? "note" : "notes"}`;
    const text = pick(random, [
      `“${past.label}” took ${count} this week.`,
      `“${past.label}” has ${count}.`,
      `${count} went to “${past.label}”.`,
      `there were ${count} on “${past.label}”.`,
    ]);
    return {
      text: text[0]!.toUpperCase() + text.slice(1),
      factIds: [past.id, now.id],
      noteIds: [...past.noteIds, ...now.noteIds].slice(0, 2),
    };
  },
  /** One theme's share, or how long another was away, or an echo's age, told of this one. */
  "span or share of another": (random, { facts }) => {
    const spans = [...facts.values()].filter(
      ({ id }) => id === "echo.age" || /^theme-\d+\.(?:away|share)$/.test(id),
    );
    const span = pick(random, spans);
    const other = pick(
      random,
      [...facts.values()].filter(({ id }) => /^theme-\d+\.notes$/.test(id)),
    );
    if (span === undefined || other === undefined || span.label === other.label) return null;
    if (spans.some(({ label, value }) => label === other.label && value === span.value)) return null;
    const figure = said(random, Number(span.value));
    const text =
      span.unit === "percent"
        ? pick(random, [
            `${span.value} % of the notes went to “${other.label}”.`,
            `“${other.label}” took ${figure} percent.`,
          ])
        : pick(random, [
            `“${other.label}” came back after ${figure} ${span.unit}.`,
            `After ${figure} ${span.unit}, “${other.label}” returned.`,
            `“${other.label}” rested for ${figure} ${span.unit}.`,
          ]);
    return {
      text: text[0]!.toUpperCase() + text.slice(1),
      factIds: [span.id, other.id],
      noteIds: [...other.noteIds, ...span.noteIds].slice(0, 2),
    };
  },
  /** One theme's count, said of two. */
  "one's count said of both": (random, { facts }) => {
    const themes = [...facts.values()].filter(({ id }) => /^theme-\d+\.notes$/.test(id));
    const [one, other] = [pick(random, themes), pick(random, themes)];
    if (one === undefined || other === undefined || one.value === other.value || one.value === 0) return null;
    if (one.label === other.label) return null;
    const count = `${said(random, Number(one.value))} ${one.value === 1 ? "note" : "notes"}`;
    const [a, b] = random() < 0.5 ? [one, other] : [other, one];
    const text = pick(random, [
      `“${a.label}” and “${b.label}” took ${count} each.`,
      `“${a.label}” has ${count}, and so has “${b.label}”.`,
      `“${a.label}” took ${count}, like “${b.label}”.`,
      `${count} each went to “${a.label}” and “${b.label}”.`,
    ]);
    return {
      text: text[0]!.toUpperCase() + text.slice(1),
      factIds: [one.id, other.id],
      noteIds: [...one.noteIds.slice(0, 1), ...other.noteIds.slice(0, 1)],
    };
  },
};
