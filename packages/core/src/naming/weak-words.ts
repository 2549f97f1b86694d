import { everydayWords } from "../embedding/common-words.ts";
import { fold, stem } from "../text/words.ts";

/** What people do in any note about computers, and what notes and sentences are made of. */
const english = `
add administrator app argument article ask attach automatically back bad based best better big body call change check
class click code collection command concept configure copy create custom data delete demo deploy different directly
display docs document documentation draw easy edit email empty enable end enjoy error face far file find flag
found free full function generate get good happen happy hard head heavy higher hit huge human image immediate include including incredibly
implement important info install instruction interact kind label lack latest learn left length life light
location logic look lower machine main memory message method minor mode nature need note object open operation
outcome output own package page paste path percent personal plus power print progress property propose
prove public pull quote ran random rate rather real record register related relevant reply request respond
response run running safe sample screen script second seek sentence series set shape show slow snippet social
specific specify split start statement straight string syntax system tag target technique tell template terms
thing thought tick til time tiny tip todo turn tutorial typical upgrade upload usage use user usual value
variable vast voice way weird work worked working worry wrap young
`;

/** Pasts that no stem joins to their verb, and what can be said of most things. */
const pastsAndQualities = `
ate became began bent bit blew bought broke brought built came caught chose cut drank drew drove dug fed fell felt flew forgot
fought froze gave grew heard held hid hurt kept knew laid led lent lit lost meant met paid quit rang rode rose sang sank sat
sent shook shot shut slept sold spent spoke stole stood stuck swam swept swore taught threw told tore understood woke wore
went withdrew wrote asking talking telling leaving coming saying
cold cool dark dead dry hot loud old quiet sharp soft thick thin tight warm wet
`;

const units = `
inch inches foot feet yard mile meter metre kilometer kilometre cm mm km gram kilogram kg pound lb ounce oz cup tablespoon
tbsp teaspoon tsp liter litre ml degree second minute hour dollar euro cent usd gb mb kb ms ft mph cfs sq vs
`;

const otherLanguages = `
aufgabe frage gut jahr leute mal mensch neu notiz sache tag woche zeit année chose faire homme idée jour note
semaine temps travail año cosa día gente idea nota semana tiempo trabajo ano dia gente ideia nota semana tempo
trabalho
`;

const weakStems = new Set(
  [
    ...everydayWords,
    ...english.split(/\s+/),
    ...pastsAndQualities.split(/\s+/),
    ...units.split(/\s+/),
    ...otherLanguages.split(/\s+/),
  ].map((word) => stem(fold(word))),
);

/**
 * Whether a stem is too general to be a subject by itself. A subject may need such words ("running shoes", "version
 * control"), but alone they name nothing.
 */
export function isWeakWord(stemmed: string): boolean {
  return weakStems.has(stemmed);
}

/** Whether a word as written is the past of a verb: "added", "installed". Names ("Ned") are not asked about. */
export function isPastForm(written: string): boolean {
  return pastForm.test(written);
}

const pastForm = /^[a-z]{2,}[^e]ed$/;
