import { posix } from "node:path";
import { markdownLinks } from "@noctuary/core/text/markdown-links";
import { wikiLinks } from "@noctuary/core/text/wiki-links";

export interface LinkableNote {
  id: string;
  title: string;
  /** Relative to its source; null for a note that an app owns. */
  path: string | null;
}

/**
 * Tells whether a note links to another: by a wiki link to its title, its file's name, the end of its path or its id,
 * or by a Markdown link to its file.
 */
export function linkedFrom(note: { path: string | null; body: string }): (other: LinkableNote) => boolean {
  const names = new Set(wikiLinks(note.body).map(folded));
  const folder = note.path === null ? "" : posix.dirname(note.path);
  const paths = new Set(
    markdownLinks(note.body).map((target) =>
      folded(
        withoutExtension(
          target.startsWith("/")
            ? posix.normalize(target.slice(1))
            : posix.normalize(posix.join(folder, target)),
        ),
      ),
    ),
  );
  return ({ id, title, path }) => {
    if (names.has(folded(title)) || names.has(folded(id))) return true;
    if (path === null) return paths.has(folded(id));
    const file = folded(withoutExtension(path));
    if (paths.has(file)) return true;
    const parts = file.split("/");
    return parts.some((_, from) => names.has(parts.slice(from).join("/")));
  };
}

function withoutExtension(path: string): string {
  return path.replace(/\.(?:md|markdown)$/i, "");
}

/** File names and links are compared as Obsidian does: without case, and composed. */
function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
