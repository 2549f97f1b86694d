import { sharedPhrases } from "@noctuary/core/text/shared-phrases";
import { expect, test } from "vitest";

test("phrases are found in other forms of their words, and only whole", () => {
  const text = "The rye starters were hydrated; a moth-trap stood by.";
  expect(sharedPhrases(["Rye starter", "moth trap", "starter rye", "ye", "", "hydrate"], text)).toEqual([
    "Rye starter",
    "moth trap",
    "hydrate",
  ]);
});
