import type { SectionSlug } from "../section.ts";

/**
 * The words that a model is asked with. A file is never changed once an insight was written with it: a change is the
 * next version, and stored sections say which one they come from.
 */
export const PROMPT_VERSION = 2;

const COMMON = `You write one section of a person's account of their own week of note-taking, in plain, warm English, to be read on a Sunday morning. Address the person as "you".

The material holds "facts", each with an id, a value, a unit, what it is about, what it says, and the notes behind it; and "notes" with their titles and the beginnings of their texts. State facts and nothing else.

Rules for every sentence:
- "factIds" lists each fact that the sentence states; "noteIds" at least one note, out of those facts' notes.
- Every figure is a fact's value, in digits or in words. Only "about" or "nearly" may round, to two digits. Do not add, subtract, compare or estimate.
- Name a theme by its exact name. Put titles, to-dos, questions and anything taken from a note in quotation marks, word for word.
- A fact "says" which words it bears: up (grew), down (faded), steady, new, back (returned), most (led), busiest, longest, central, linked, open, closed, joined, echo. Do not say so of anything else. "past" marks a figure of the weeks before; call it usual. "target" marks, of two notes, the one that is linked to or recalled.
- What a note is about is said in that note's own words.
- No causes, motives, feelings, advice, praise or predictions. No "not", "never", "only", "all". No names of people unless they stand in the note. No links, no markup, no lists.
- One sentence an entry, ending with a full stop.`;

const OWN: Record<SectionSlug, string> = {
  headline:
    "This section is the week in one line: how much was written, against the usual, and the theme that led. One sentence.",
  themes:
    "This section tells what the week was about: its themes with their notes, and the notes that mattered and why. Three to five sentences.",
  movement:
    "This section tells what moved: themes that are new, grew, came back, faded or kept their pace, and what a note joined. Two to five sentences.",
  "open-ends":
    "This section tells what stayed open, what was closed and what was asked. One to three sentences.",
  past: "This section tells of one old note that a note of this week echoes. One sentence.",
};

export function instructionsFor(section: SectionSlug): string {
  return `${COMMON}\n\n${OWN[section]}`;
}
