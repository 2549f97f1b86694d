import type { UserTransaction } from "@noctuary/db/access";
import { notesById } from "@noctuary/db/stacks/stack-evidence";
import { type Account, byDay } from "../smart-stacks/account.ts";
import { type Echo, linkKey, RESURFACE } from "../smart-stacks/detect-resurface.ts";
import { wikiLinks } from "../text/wiki-links.ts";

const markdownLink = /\]\(\s*<?([^)\s>]+)>?[^)]*\)/g;
const WEEKS_NOTES = 500;

/**
 * Which of these pairs are linked already: from any note of this week to the old one, or from the old one to the new.
 * A link names a note by its title or by the name of its file.
 */
export async function linksBetween(
  tx: UserTransaction,
  userId: string,
  { notes, today }: Account,
  echoes: readonly Echo[],
): Promise<Set<string>> {
  if (echoes.length === 0) return new Set();
  const thisWeek = notes
    .filter(({ writtenOn }) => writtenOn <= today && writtenOn >= today - RESURFACE.newDays)
    .sort((a, b) => byDay(b, a))
    .slice(0, WEEKS_NOTES)
    .map(({ id }) => id);
  const titles = new Map(notes.map(({ id, title }) => [id, folded(title)]));
  const named = new Map<string, Set<string>>();
  const olds = echoes.map(({ oldId }) => oldId);
  for await (const page of notesById(tx, userId, [...new Set([...thisWeek, ...olds])])) {
    for (const { id, body } of page) named.set(id, linkedNames(body));
  }
  const linkedByWeek = new Set(thisWeek.flatMap((id) => [...(named.get(id) ?? [])]));
  return new Set(
    echoes
      .filter(({ oldId, newId }) => {
        const toNew = named.get(oldId)?.has(titles.get(newId) ?? "") ?? false;
        return toNew || linkedByWeek.has(titles.get(oldId) ?? "");
      })
      .map(({ oldId, newId }) => linkKey(oldId, newId)),
  );
}

function linkedNames(body: string): Set<string> {
  const names = wikiLinks(body).map((name) => name.split("/").at(-1)!);
  for (const [, target = ""] of body.matchAll(markdownLink)) {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
    names.push(fileName(target));
  }
  return new Set(names.map(folded));
}

function fileName(path: string): string {
  const name = path
    .split(/[?#]/, 1)[0]!
    .split("/")
    .at(-1)!
    .replace(/\.(?:md|markdown)$/i, "");
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // not an encoded path
  }
}

/** "Winter moth, too early" and "winter-moth-too-early" are the same name. */
function folded(name: string): string {
  return name
    .normalize("NFC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ")
    .trim();
}
