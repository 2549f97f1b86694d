// Published sanitizers keep a name legal on one file system; these names are also targets of wiki links, which
// break on # ^ [ ] |, and may not be told apart by case alone.

const forbidden = /[<>:"/\\|?*#^[\]%]/g;
/** Control characters, and marks that turn or hide the text around them. */
const invisible = /[\p{Cc}\u200b\u200e\u200f\u061c\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffd]/gu;
/** Windows keeps these for devices, whatever extension follows. */
const reserved = /^(?:con|prn|aux|nul|conin\$|conout\$|com[\d¹²³]|lpt[\d¹²³])(?=$|[. ])/i;
/** File systems end at 255 bytes; a suffix and .md still have to fit. */
const maxBytes = 180;
const maxCharacters = 80;

const segmenter = new Intl.Segmenter("en", { granularity: "grapheme" });

/** A cluster's name as a file name without extension, safe on Windows, macOS, Linux and in wiki links; never empty. */
export function pageStem(name: string): string {
  const safe = name
    .toWellFormed()
    .normalize("NFC")
    .replace(invisible, " ")
    .replace(forbidden, " ")
    .replace(/\s+/g, " ")
    .trim();
  // A leading dot hides a file, a trailing dot or space is dropped by Windows.
  const stem = shortened(safe.replace(/^[. ]+/, "")).replace(/[. ]+$/, "");
  if (stem === "") return "Cluster";
  return reserved.test(stem) ? `_${stem}` : stem;
}

function shortened(text: string): string {
  let bytes = 0;
  let characters = 0;
  let end = 0;
  for (const { segment, index } of segmenter.segment(text)) {
    bytes += Buffer.byteLength(segment);
    characters += 1;
    if (bytes > maxBytes || characters > maxCharacters) return text.slice(0, end);
    end = index + segment.length;
  }
  return text;
}

/** Two names that some file system, or a wiki link, takes for one. */
export function foldName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/** Whether a file's stem is what `claimStem` may have made of a wished one. */
export function isStemFor(stem: string, wished: string): boolean {
  const rest = foldName(stem).startsWith(foldName(wished)) ? stem.slice(wished.length) : undefined;
  return rest !== undefined && /^(?: \(cluster\))?(?: \(\d+\))?$/.test(rest);
}

/**
 * The wished stem, or one made from it that is not taken. A page named like a note gets "(cluster)" behind its
 * name, since a wiki link to the note could otherwise end at the page.
 */
export function claimStem(wished: string, taken: Set<string>, noteNames: ReadonlySet<string>): string {
  const base = noteNames.has(foldName(wished)) ? `${wished} (cluster)` : wished;
  for (let turn = 1; ; turn++) {
    const stem = turn === 1 ? base : `${base} (${turn})`;
    const name = foldName(stem);
    if (taken.has(name) || noteNames.has(name)) continue;
    taken.add(name);
    return stem;
  }
}
