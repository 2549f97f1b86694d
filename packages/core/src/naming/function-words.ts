import { isStopWord } from "../text/words.ts";

/**
 * What says nothing about a subject besides the stop words, which the embedder leaves out, too: another word there
 * would make other vectors of the same notes.
 */
const korean = `
그 저 이 것 수 때 등 더 한 할 하는 하고 하며 하면 하지 해서 하기 되는 되고 된 있는 있고 있어 없는 없이 같은 같이 위한 위해 위해서 대한 대해
통해 통한 따라 따른 의한 의해 관한 관해 때문 때문에 그리고 그러나 그런데 그래서 그러면 그럼 그러므로 하지만 따라서 또는 혹은 또한 또 및 즉 만약 만일
어떻게 어떤 무엇 무엇을 누가 언제 어디 어디서 왜 이런 그런 저런 이렇게 그렇게 이건 그건 이것 그것 저것 이것은 이것을 이게 그게 것을 것이 것은 것도
것으로 것들 거 게 여기 거기 저기 여기서 여러 모든 모두 다른 다시 다음 이후 이전 이때 가장 매우 너무 아주 정말 잘 좀 조금 많이 많은 안 못 아직
이미 바로 먼저 나 나는 내 내가 나의 너 우리 우리는 저는 제가 오늘 어제 내일 지금 일단 경우 경우에 정도 까지 부터 보다 처럼 만큼 대로 뿐 중
이상 이하 될 볼 당신 일하는 근데 얼마나 하나 하나의 다 있음 없음 함 됨 보통 이제 계속 직접 각각 서로 함께 역시 특히 결국 두 세 첫 번째 첫번째 두번째 세번째 개 개의 좋은 원하는 한다 된다 간다 온다 본다 준다 쓴다 난다 아니라 아닌 이라는 라는 이라고 라고 이나 이며 인 일 듯 채 내용 부분 방법
`;
const japanese =
  "では とは には へは のは のが ので のに でも だが だけ など ほど ながら なお さらに ただし すなわち";
/** They count, or number chapters. */
const japaneseCounters = "第 個 章 節 回 番 目 件 名 的 等 内 間 側 用 化 性 編 版 際 場合 以下 以上";
/** Of "5th", and of "n-th". */
const ordinalEndings = "st nd rd th";

const functionWords = new Set(
  `${korean} ${japanese} ${japaneseCounters} ${ordinalEndings}`.split(/\s+/).filter((word) => word !== ""),
);

/** The dictionary form of a Japanese verb, in what it ends with: "学ぶ", "使える". */
const japaneseVerb = /\p{Script=Han}\p{Script=Hiragana}*[うくぐすつぬぶむる]$/u;
/** "사용되는" (used), "정리하고" (and ordering); two syllables of it, that "지하는" (a cellar) is none. */
const koreanVerbForm = /..(?:하|되|시키)(?:는|고|며|면|여|게|기|지|던)$/u;
/** "に関する", "を通じて": the dictionary gives such a compound as one word. */
const compoundParticle = /^[にとでを]\p{Script=Han}/u;

const firstSyllable = 0xac00;
const lastSyllable = 0xd7a3;
const finals = 28;
const finalN = 4;
const finalL = 8;
const finalSs = 20;

/** Whether a folded word says nothing about a subject in a name. */
export function saysNoSubject(word: string): boolean {
  return (
    isStopWord(word) ||
    functionWords.has(word) ||
    isKoreanPronoun(word) ||
    compoundParticle.test(word) ||
    japaneseVerb.test(word) ||
    isKoreanPredicate(word)
  );
}

/** "이를" (this) and "것은" (the thing): with other particles such a syllable may be a noun ("수도", a capital). */
function isKoreanPronoun(word: string): boolean {
  const particle = koreanParticleOf(word, 1);
  return ofPronouns.has(particle) && functionWords.has(word.slice(0, -particle.length));
}

/** The plain forms of Korean verbs and adjectives: "있다", "만든다", "문제이다", "합니다"; "바다" (sea) is none. */
function isKoreanPredicate(word: string): boolean {
  if (koreanVerbForm.test(word)) return true;
  if (!word.endsWith("다") || word.length < 2) return false;
  const final = finalOf(word.charCodeAt(word.length - 2));
  if (final === finalSs) return true;
  return word.length > 2 && (final === finalN || word.endsWith("이다") || word.endsWith("니다"));
}

const afterConsonant = ["으로", "은", "을", "이", "과"];
const afterVowel = ["로", "는", "를", "가", "와"];
const afterAny = ["에서는", "에서", "에게", "까지", "부터", "에는", "에도", "에", "의", "도"];
const ofPronouns = new Set(["를", "을", "은", "는", "에", "에서", "에는"]);
const particles = [...afterAny, ...afterConsonant, ...afterVowel];

/**
 * The particle that a Korean word may end with, or "". Its form must agree with the sound before it, which keeps
 * "가을" (autumn) and "마을" (village) whole; what is left must have `fewest` syllables. Whether it is one shows only
 * where the rest stands without it.
 */
export function koreanParticleOf(word: string, fewest = 2): string {
  if (finalOf(word.charCodeAt(word.length - 1)) === undefined) return "";
  const particle = particles
    .filter((one) => word.endsWith(one) && agrees(one, word))
    .reduce((longest, one) => (one.length > longest.length ? one : longest), "");
  return word.length - particle.length < fewest ? "" : particle;
}

function agrees(particle: string, word: string): boolean {
  const before = finalOf(word.charCodeAt(word.length - particle.length - 1));
  if (before === undefined || afterAny.includes(particle)) return true;
  if (particle.endsWith("로")) return (before === 0 || before === finalL) === (particle === "로");
  return afterVowel.includes(particle) ? before === 0 : before > 0;
}

/** The final consonant of a Hangul syllable, by its place in Unicode's order; 0 for none, undefined for no syllable. */
function finalOf(code: number): number | undefined {
  return code >= firstSyllable && code <= lastSyllable ? (code - firstSyllable) % finals : undefined;
}
