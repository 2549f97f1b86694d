import type { Fact, Saying } from "../fact.ts";
import type { Claim, Relation } from "./claim.ts";
import { isNumberWord } from "./figures.ts";
import type { Token } from "./tokens.ts";

/** Words by which a sentence says more than a figure, and what a fact must say for them to stand. */
const lexicon: [readonly Saying[], string][] = [
  [
    ["up"],
    `grew grow grows growing grown growth rose rise rises risen rising more busier climbed climbs climbing increased
    increase increasing gained gains surged up above beyond expanded expanding swelled heavier livelier stronger fuller
    upward picked exceeded larger bigger longer blossomed flourished accelerated`,
  ],
  [
    ["down"],
    `faded fading fades fade fell falls falling fewer less lower smaller dropped drop drops decreased decrease
    decreasing declined declining shrank shrunk shrinking slowed slowing slows cooled cooling quieter quiet dwindled
    waned below lighter thinner slipped receded silent down downward slower ebbed tapered dipped lull calmer
    shorter weaker`,
  ],
  [["steady"], "steady steadily same unchanged constant pace stable level even similar"],
  [
    ["new"],
    "new began begin begins beginning begun started starts start starting appeared appears emerged newcomer born arrived debut",
  ],
  [
    ["back"],
    "back returned returns return returning resumed resurfaced revisited revisit revisits reopened again revived comeback",
  ],
  [
    ["most"],
    "led leads lead leading largest biggest top most dominated main principal foremost chief heaviest topped",
  ],
  [["busiest"], "busiest busy"],
  [["longest"], "longest long lengthy lengthiest"],
  [["central"], "central centre center heart core hub typical"],
  [["linked", "joined"], "link links linked linking"],
  [
    ["open"],
    "open opens unfinished unanswered pending outstanding undone unresolved waiting wait waits remain remains remaining remained standing",
  ],
  [
    ["closed"],
    "closed done finished completed ticked checked resolved finish complete settled crossed closing",
  ],
  [
    ["joined"],
    "ties tied tie joins joined join connects connected connect connection bridge bridges bridging between meets meet",
  ],
  [["echo"], "echo echoes echoed echoing recalls recall recalled mirrors mirror rhymes resembles resemble"],
];

const sayingsOf = new Map<string, readonly Saying[]>(
  lexicon.flatMap(([says, words]) =>
    words.split(/\s+/).map((word): [string, readonly Saying[]] => [word, says]),
  ),
);

/** More than half: it needs the share itself. */
const mostShare = new Set(["mostly", "mainly", "majority", "chiefly", "largely", "predominantly"]);

/** Phrases whose words would be read as another claim. */
const idioms: [RegExp, readonly Saying[] | null][] = [
  [/\babout as usual\b/g, ["steady"]],
  [/\b(?:just )?as usual\b/g, ["steady"]],
  [/\bmore(?: notes| words)? than (?:in a )?usual(?: week)?\b/g, ["up"]],
  [/\b(?:fewer|less)(?: notes| words)? than (?:in a )?usual(?: week)?\b/g, ["down"]],
  [/\bat the heart of\b/g, ["central"]],
  [/\bfirst written\b/g, null],
  [/\bin all\b/g, null],
  [/\beven (?:though|if)\b/g, null],
  [/\bas long as\b/g, null],
  [/\bno longer\b/g, ["down"]],
];

export interface WordsRead {
  claims: Claim[];
  /** The text with idioms blanked out: their words are accounted for. */
  text: string;
}

/** What the words of a masked sentence claim beyond its figures. */
export function readIdioms(masked: string): WordsRead {
  const claims: Claim[] = [];
  let text = masked;
  for (const [pattern, says] of idioms) {
    for (const match of text.toLowerCase().matchAll(pattern)) {
      const start = match.index;
      const end = start + match[0].length;
      if (says !== null) claims.push(claimThat(says, start, end));
      text = text.slice(0, start) + match[0].replace(/\S/g, BLANK) + text.slice(end);
    }
  }
  return { claims, text };
}

/** Stands for a character of an idiom, which is neither word nor mark. */
export const BLANK = "\ue000";

export function readWords(tokens: readonly Token[], taken: ReadonlySet<number>): Claim[] {
  return tokens.flatMap((token, i): Claim[] => {
    if (token.kind !== "word" || taken.has(i) || isWordOfCount(tokens, i)) return [];
    if (mostShare.has(token.text) || (token.text === "most" && tokens[i + 1]?.text === "of"))
      return [
        {
          kind: "word",
          start: token.start,
          end: token.end,
          bears: (fact: Fact) => fact.unit === "percent" && Number(fact.value) > 50,
        },
      ];
    if (token.text === "than" && !isThanUsual(tokens, i)) return [nothingBears(token)];
    if (asking.test(token.text))
      return [
        { kind: "word", start: token.start, end: token.end, bears: ({ id }) => id.startsWith("asked") },
      ];
    if (saysTheSame(tokens, i)) return [nothingBears(token)];
    if (
      /^(?:previous|last|past|next|following|preceding|earlier)$/.test(token.text) &&
      isOneSpan(tokens[i + 1])
    )
      return [nothingBears(token)];
    if (isOtherSpan(tokens, i, taken)) return [nothingBears(token)];
    const says = sayingsOf.get(token.text);
    if (says === undefined) return [];
    if (isLinkToMany(tokens, i)) return [nothingBears(token)];
    if (isOfOthers(says, tokens, i)) return [nothingBears(token)];
    const relates = relationOf(says, tokens, i);
    const claim = claimThat(says, token.start, token.end);
    return [relates === undefined ? claim : { ...claim, relates }];
  });
}

/** "Bread has five notes, and so has Garden": a figure is stated of each that has it. */
function saysTheSame(tokens: readonly Token[], i: number): boolean {
  const { text } = tokens[i]!;
  if (/^(?:too|likewise|ditto)$/.test(text)) return true;
  return /^(?:so|as)$/.test(text) && auxiliary.test(tokens[i + 1]?.text ?? "");
}

/** A question that is counted is a figure of its own. */
const asking = /^(?:ask(?:s|ed|ing)?|questions?|questioned|unanswered|wonders?|wondered)$/;

const auxiliary = /^(?:is|are|was|were|has|have|had|do|does|did)$/;

/** "X recalls Y", "X is recalled in Y", "X links to Y", "X is linked from Y"; "X resembles Y" either way. */
function relationOf(says: readonly Saying[], tokens: readonly Token[], i: number): Relation | undefined {
  const relation = says.find((saying) => saying === "echo" || saying === "joined");
  if (relation === undefined) return undefined;
  const { text } = tokens[i]!;
  const next = tokens[i + 1]?.text ?? "";
  if (/^(?:echoed|recalled|linked)$/.test(text) && /^(?:by|from|in)$/.test(next))
    return { says: relation, target: "before" };
  const points = /^link/.test(text) ? next === "to" : /^(?:echo(?:es|ed|ing)|recall(?:s|ed)?)$/.test(text);
  return points ? { says: relation, target: "after" } : { says: relation };
}

/** "new notes", for all notes of a week are new, and "more than 2,300", which the figure itself is checked for. */
function isWordOfCount(tokens: readonly Token[], i: number): boolean {
  const [word, next, third] = tokens.slice(i, i + 3);
  if (word!.text === "new") return /^(?:notes?|pages?)$/.test(next?.text ?? "");
  if (word!.text === "between") return next?.kind === "number"; // two dates
  return /^(?:more|less|fewer)$/.test(word!.text) && next?.text === "than" && third?.kind === "number";
}

/** Words that carry a claim are known to the verifier: they need no note to stand in. */
export function isClaimWord(word: string): boolean {
  return sayingsOf.has(word) || mostShare.has(word) || asking.test(word);
}

/**
 * A figure is of this week, or of the weeks before it: "in the year", "in the past weeks" and "two years later" are of
 * another time. A span that is counted ("seven months before") is a figure of its own.
 */
function isOtherSpan(tokens: readonly Token[], i: number, taken: ReadonlySet<number>): boolean {
  const { text } = tokens[i]!;
  const isCounted = taken.has(i - 1);
  if (/^(?:months?|years?|quarters?|seasons?)$/.test(text)) return !isCounted;
  if (text === "weeks") return !isCounted && tokens[i + 1]?.text !== "before";
  return text === "later" && /^(?:days?|weeks?|months?|years?)$/.test(tokens[i - 1]?.text ?? "");
}

/** How many notes link to a note is known, and not to how many it links. */
function isLinkToMany(tokens: readonly Token[], i: number): boolean {
  const figure = tokens[i + 2];
  return (
    /^link(?:s|ed|ing)?$/.test(tokens[i]!.text) &&
    tokens[i + 1]?.text === "to" &&
    figure !== undefined &&
    (figure.kind === "number" || isNumberWord(figure.text))
  );
}

/** To-dos and questions are open or closed; "it closed the theme" says so of something else. */
function isOfOthers(says: readonly Saying[], tokens: readonly Token[], i: number): boolean {
  if (!says.includes("open") && !says.includes("closed")) return false;
  const next = tokens.slice(i + 1, i + 4).map(({ text }) => text);
  return /^(?:the|this|that|a|your|its) (?:\S+ )?(?:themes?|topics?|weeks?|notes?|days?|months?|years?)\b/.test(
    next.join(" "),
  );
}

/** Figures are compared with the usual ones and with no others: "more than last month" has no fact. */
function isThanUsual(tokens: readonly Token[], i: number): boolean {
  const next = tokens.slice(i + 1, i + 4).map(({ text }) => text);
  if (tokens[i + 1]?.kind === "number" || /^(?:about|roughly|around)$/.test(next[0] ?? "")) return true;
  return next.includes("usual") || /^(?:in )?the (?:week|weeks) before/.test(next.join(" "));
}

/** No fact tells of one week before or after, of a month or a year. */
function isOneSpan(next: Token | undefined): boolean {
  return /^(?:day|week|month|year|time|summer|winter|spring|autumn|season|quarter)$/.test(next?.text ?? "");
}

function nothingBears({ start, end }: Token): Claim {
  return { kind: "word", start, end, bears: () => false };
}

function claimThat(says: readonly Saying[], start: number, end: number): Claim {
  return {
    kind: "word",
    start,
    end,
    says,
    bears: (fact) => fact.says.some((saying) => says.includes(saying)),
  };
}
