import type { Facts } from "./facts.ts";

const LONGEST = 80;

/**
 * A plain title, from the theme's name and the facts. `titleOf` gives the titles of notes behind the facts: what is
 * about single notes is called after one of them.
 */
export function plainTitle(
  facts: Facts,
  topicName: string | null,
  titleOf: (noteId: string) => string,
): string {
  const theme = topicName === null || topicName === "" ? "a theme" : topicName;
  switch (facts.kind) {
    case "momentum":
      return short(`${theme} is picking up`);
    case "recurring":
      return short(`Back to ${theme}`);
    case "new-theme":
      return short(`New: ${theme}`);
    case "unfinished":
      return short(`Open ends: ${theme}`);
    case "resurface":
      return short(`You wrote about this before: ${titleOf(facts.echoes[0]!.oldId)}`);
    case "near-duplicates":
      return short(
        `${facts.words.length === 2 ? "Twice" : `${facts.words.length} times`}: ${titleOf(facts.words[0]!.noteId)}`,
      );
  }
}

function short(title: string): string {
  const characters = [...title.replace(/\s+/gu, " ").trim()];
  return characters.length <= LONGEST
    ? characters.join("")
    : `${characters.slice(0, LONGEST - 1).join("")}\u2026`;
}
