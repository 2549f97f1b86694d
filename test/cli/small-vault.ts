import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export const subjects = {
  bread: ["sourdough starter", "rye flour", "oven steam", "banneton", "crumb", "hydration"],
  moths: ["moth trap", "light sheet", "underwing", "hawkmoth", "geometer", "wing pattern"],
  rivers: ["gauge", "dam removal", "sediment core", "culvert", "floodplain", "peak flow"],
};

/** Twelve notes on each of three subjects; the first of each links to the second. */
export function writeVault(folder: string): void {
  for (const [subject, words] of Object.entries(subjects)) {
    mkdirSync(join(folder, subject), { recursive: true });
    for (let i = 0; i < 12; i++) {
      const [a, b, c] = [0, 1, 2].map((k) => words[(i + k) % words.length]);
      writeFileSync(
        join(folder, subject, `${subject} ${i}.md`),
        `---\ncreated: 2026-09-${String(i + 1).padStart(2, "0")}\n---\nAbout ${a} and ${b}. The ${c} was better with more ${a}; next time watch the ${b}.\n${i === 0 ? `[[${subject} 1]]\n` : ""}`,
      );
    }
  }
}
