const unseen = /\p{Cf}|\p{Co}/gu;
/** Letters of other scripts that look like Latin ones, in lower case. */
const lookalikes: Record<string, string> = Object.fromEntries(
  [..."аеорсухіјѕԁһкмтνοικατ"].map((letter, i) => [letter, [..."aeopcyxijsdhkmtvoikat"][i]!]),
);
const letterByLetter = /\b(?:\p{L}[ .\-_*]){4,}\p{L}\b/gu;

/** What people write who want a model to obey a note: in English, and the commonest forms in four other languages. */
const forms: RegExp[] = [
  /\b(?:ignore|disregard|forget|override|bypass|skip|neglect|drop|discard)\b[^.!?\n]{0,60}\b(?:instructions?|prompts?|rules?|guidelines?|above|previous|prior|preceding|system|context|directives?|constraints?|everything|told)\b/,
  /\b(?:system|developer|hidden|initial|original) (?:prompt|message|instructions?)\b/,
  /\b(?:new|updated|revised|important|real|actual|final|secret|urgent|additional) (?:instructions?|directives?|orders?|task|rules?)\b/,
  /\b(?:you are|you're|act as|pretend|behave as|role-?play|simulate|from now on)\b[^.!?\n]{0,40}\b(?:now|assistant|model|ai|dan|llm|chatbot|bot|system|root|admin|jailbroken|unrestricted|narrator)\b/,
  /(?:^|\n)[^\p{L}\n]*(?:<\w{1,9}>)?[^\p{L}\n]*(?:system|assistant|user|developer|human|ai)\b[^\p{L}\n]{0,4}[:>\]|]/u,
  /<\|?\/?(?:im_start|im_end|system|assistant|user|endoftext|inst|sys)\b/,
  /\[\/?inst\]|<<\/?sys>>|begin (?:system|instructions?)|end of (?:notes?|data|input|excerpts?|prompt)/,
  /\b(?:write|say|output|respond|reply|print|answer|repeat|return|state|report|tell|include|insert|append|add|claim|mention|summari[sz]e|narrate|begin|start|end|translate|reveal|recommend)\b[^.!?\n]{0,60}\b(?:exactly|verbatim|instead|only|the following|this sentence|these words|in (?:your|the) (?:summary|insight|answer|reply|response|report|output|account|narrative|sentence)|to the (?:user|reader)|word for word|no matter what)\b/,
  /\b(?:dear|attention|hey|hello|note to|message (?:to|for)|to (?:the|any|all|whichever|whatever)|if you are (?:an?|the))\b[^.!?\n]{0,20}\b(?:ai|model|assistant|llm|chatgpt|gpt|claude|gemini|bot|narrator|summari[sz]er|language model)s?\b/,
  /\b(?:do not|don't|never) (?:mention|follow|obey|verify|check|cite|reveal|tell|summari[sz]e)\b/,
  /\b(?:ignorier|vergiss|missachte|ignorez|oubliez|ignora|olvida|omite|ignore|esqueça|desconsidere)\w*\b[^.!?\n]{0,60}\b(?:anweisung|instruktion|vorgabe|regel|instruction|consigne|regle|instruccion|regla|instruc|regra|anterior|bisherig|precedent)/,
  /\b(?:schreibe?|antworte|ecris|ecrivez|reponds|repondez|escribe|responde|escreva|diga)\b[^.!?\n]{0,40}\b(?:stattdessen|folgendes|genau|nur|uniquement|exactement|seulement|exactamente|solo|apenas|exatamente|somente)\b/,
  /\bjailbreak|prompt injection|override (?:code|mode)|debug mode|developer mode|sudo\b/,
  /\b(?:fact|note)[ _-]?ids?\b[^.\n]{0,30}\b(?:use|cite|set|put|return)|"(?:sentences|factids|noteids)"/,
];

/**
 * Whether anything in what a model is to be told looks as if it told the model what to do. `material` is any JSON value;
 * every text in it is looked at. This is the one rule for whatever comes out of notes (titles, first words, to-dos,
 * tags, names made of their words): it counts like any other and a person is shown it, but no model is, and nothing is
 * believed on its word. Somebody who writes about such attacks loses an excerpt by it, no more.
 */
export function holdsInstructions(material: unknown): boolean {
  if (typeof material === "string") return looksLikeInstructions(material);
  return material !== null && typeof material === "object" && Object.values(material).some(holdsInstructions);
}

function looksLikeInstructions(text: string): boolean {
  const plain = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(unseen, "")
    .replace(letterByLetter, (run) => run.replace(/[ .\-_*]/g, ""))
    .toLowerCase()
    .replace(/[\u0370-\u052f]/g, (letter) => lookalikes[letter] ?? letter);
  return forms.some((form) => form.test(plain));
}
