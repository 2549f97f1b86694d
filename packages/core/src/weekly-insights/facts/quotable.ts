/** Longer texts are cut where they are quoted. */
const MAX_CHARACTERS = 90;
const quotes = /["“”„«»]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be quoted
const unseen = /[\u0000-\u001f\u007f-\u009f]|\p{Cf}|\p{Co}|\p{Cn}/gu;

/** A text as it stands in a fact: on one line, without characters that cannot be seen, cut at a word. */
export function quotable(text: string): string {
  const line = text.replace(unseen, " ").replace(quotes, "'").replace(/\s+/g, " ").trim().normalize("NFC");
  if (line.length <= MAX_CHARACTERS) return line;
  const cut = line.slice(0, MAX_CHARACTERS);
  const end = cut.lastIndexOf(" ");
  return `${cut.slice(0, end > MAX_CHARACTERS / 2 ? end : MAX_CHARACTERS).replace(/[\s,;:.–—-]+$/u, "")}…`;
}

/** Whether a title says what its note is about: a daily note's date does not. */
export function isTelling(title: string): boolean {
  return /\p{L}{3}/u.test(title) && !/^(?:untitled|new note|note)\b/i.test(title);
}
