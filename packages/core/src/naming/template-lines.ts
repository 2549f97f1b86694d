const digits = /\d+/g;
/** A template's lines are short; a paragraph is compared by its beginning. */
const maxLineLength = 120;
const maxLabelLength = 40;
const minSentenceWords = 5;

/** A line's identity: neither its case nor the numbers filled into it make it another line. */
function lineKey(line: string): string {
  return line.slice(0, maxLineLength).trim().toLowerCase().replace(digits, "0");
}

/** "Energy: 7" and "Energy: low" share the label "energy:"; 0 when a line has none. */
function labelLength(line: string): number {
  const colon = line.indexOf(":");
  if (colon < 1 || colon > maxLabelLength) return 0;
  const after = line[colon + 1];
  return after === undefined || after === " " ? colon + 1 : 0;
}

/**
 * The texts without what their notes have in common because they were made from one template.
 *
 * Template is a line, or a line's label before a colon, that stands identically in many notes of the account: a
 * third of the square root of their number, and three at least (5 of 200 notes, 34 of 10,000). A line that is the
 * title of a note is a link to it and stays.
 *
 * @param notes plain texts, as `plainText` gives them
 */
export function withoutTemplate(notes: { title: string; text: string }[]): string[] {
  const titles = new Set(notes.map(({ title }) => lineKey(title)));
  const notesWith = new Map<string, number>();
  const lines = notes.map(({ text }) =>
    text.split("\n").map((line) => {
      const label = labelLength(line);
      return { line, key: lineKey(line), label, labelKey: label > 0 ? lineKey(line.slice(0, label)) : "" };
    }),
  );
  for (const note of lines) {
    for (const key of new Set(note.flatMap(({ key, labelKey }) => [key, labelKey]))) {
      notesWith.set(key, (notesWith.get(key) ?? 0) + 1);
    }
  }
  const many = Math.max(3, Math.ceil(Math.sqrt(notes.length) / 3));
  const isTemplate = (key: string) => notesWith.get(key)! >= many && !titles.has(key);
  return lines.map((note) => {
    const own = note.map(({ line, key, label, labelKey }) => {
      if (key === "" || isTemplate(key)) return "";
      return label > 0 && isTemplate(labelKey) ? line.slice(label) : line;
    });
    // Copies of one note have nothing of their own: then their sentences speak, though not the headings.
    const kept = own.some((line) => line !== "")
      ? own
      : note.map(({ line }) => (isSentence(line) ? line : ""));
    return kept.join("\n");
  });
}

function isSentence(line: string): boolean {
  return line.split(" ").length >= minSentenceWords;
}
