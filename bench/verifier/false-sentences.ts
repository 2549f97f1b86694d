import type { Behaviour } from "./behaviour.ts";
import { falseDates, falseNames } from "./false-details.ts";
import { falseFigures } from "./false-figures.ts";
import { falseForms } from "./false-forms.ts";
import { falseTwists } from "./false-twists.ts";

export const falseSentences: Record<string, Behaviour> = {
  ...falseFigures,
  ...falseNames,
  ...falseDates,
  ...falseForms,
  ...falseTwists,
};
