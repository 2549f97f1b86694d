import { stem, words } from "./words.ts";

/** Those of the phrases that a text holds, in any form of their words: its words in order, one behind the other. */
export function sharedPhrases(phrases: readonly string[], text: string): string[] {
  const stems = ` ${words(text).map(stem).join(" ")} `;
  return phrases.filter((phrase) => {
    const asked = words(phrase).map(stem).join(" ");
    return asked !== "" && stems.includes(` ${asked} `);
  });
}
