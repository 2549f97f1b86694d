import { withoutCode } from "./markdown-code.ts";

const wikiLink = /\[\[([^[\]\n]{1,500})\]\]/g;
/** By name, since a title may hold a dot as well: [[Node.js]] is a note. */
const attachment =
  /\.(?:png|jpe?g|gif|svg|webp|bmp|avif|heic|pdf|mp3|m4a|wav|ogg|flac|3gp|webm|mp4|mov|mkv|ogv|canvas|base|csv|zip|docx?|xlsx?|pptx?)$/i;

/**
 * The notes that a body links to or embeds by `[[wiki link]]`: each name once, in order, without folder marks,
 * headings, block ids, aliases or the .md extension. Links in code and embedded files do not count.
 *
 * A name may hold folders (`People/Ada`); which note it means is up to whoever has all the names.
 */
export function wikiLinks(body: string): string[] {
  const found = new Set<string>();
  for (const [, inside = ""] of withoutCode(body).matchAll(wikiLink)) {
    // In a table the bar before an alias is escaped.
    const target = inside.split(/\\?\||#/, 1)[0]!.trim();
    if (target === "" || attachment.test(target)) continue;
    found.add(
      target
        .replace(/\.(?:md|markdown)$/i, "")
        .replace(/^(?:\.?\/)+/, "")
        .normalize("NFC"),
    );
  }
  return [...found];
}
