import { koreanParticleOf, saysNoSubject } from "@noctuary/core/naming/function-words";
import { KnownWords } from "@noctuary/core/naming/known-words";
import { nameAreas } from "@noctuary/core/naming/name-areas";
import { nameClusters } from "@noctuary/core/naming/name-clusters";
import type { ClusterText } from "@noctuary/core/naming/read-clusters";
import { expect, test } from "vitest";

const cluster = (key: string, notes: string[]): ClusterText => ({
  key,
  notes: notes.map((note) => {
    const [title = "", body = ""] = note.split("|");
    return { title, body, isCentral: false };
  }),
});

const korean = [
  cluster("components", [
    "컴포넌트를 나누다|이 컴포넌트를 나누면 다시 사용할 수 있다. 하지만 그 화면은 그대로 둔다. 컴포넌트를 또 나눈다.",
    "컴포넌트의 상태|컴포넌트의 상태는 컴포넌트를 나눈 뒤 다른 컴포넌트에서 바꿀 수 있다.",
    "화면과 컴포넌트|하지만 컴포넌트 하나가 너무 커질 때 나눌 수 있다.",
  ]),
  cluster("bread", [
    "빵을 굽다|오늘 빵을 구웠다. 하지만 반죽이 너무 질었다. 다시 구울 수 있다.",
    "호밀빵|호밀 반죽은 오래 둘 수 있다. 그 빵을 내일 먹는다.",
    "반죽과 물|반죽에 물을 더 넣을 수 있다. 다른 밀가루는 어떻게 다른가.",
  ]),
];

test("a Korean topic is called by its subject: neither by what means can, but and that, nor with a particle", () => {
  const names = nameClusters(korean);
  expect(names[0]!.name).toMatch(/컴포넌트(?!를|의|에)/);
  expect(names[1]!.name).toMatch(/반죽|빵/);
  for (const { name, keyphrases } of names)
    for (const phrase of [name, ...keyphrases])
      expect(phrase).not.toMatch(/있다|하지만|그대로 둔다|^그$|^수$/);
});

test("Korean particles go where they agree with the sound before them, and leave two syllables", () => {
  const words = ["컴포넌트를", "반죽은", "화면에서", "iframe을", "파일로", "인자로", "함수가", "집으로"];
  expect(words.map((word) => koreanParticleOf(word))).toEqual([..."를 은 에서 을 로 로 가".split(" "), ""]);
  for (const word of ["가을", "마을", "물을", "늦가을", "회의", "온도", "bread", "빵"])
    expect(koreanParticleOf(word), word).toBe("");
});

test("a Korean particle is one where the word stands without it, too, or with others", () => {
  const known = new KnownWords([
    "컴포넌트를 나누다",
    "컴포넌트",
    "정확도를 재다. 정확도, 정확 정확",
    "반죽은 반죽에",
    "고양이는 고양이를 고양",
  ]);
  const bare = (word: string) => known.withoutParticle(word);
  expect(["컴포넌트를", "반죽은", "반죽에"].map(bare)).toEqual(["컴포넌트", "반죽", "반죽"]);
  // Nothing stands behind "also": what has a particle behind it only ends like a word and that.
  expect(["정확도", "정확도를", "고양이", "고양이를"].map(bare)).toEqual([
    "정확도",
    "정확도",
    "고양이",
    "고양이",
  ]);
  expect(bare("편집기는")).toBe("편집기는");
  // "Difficulty", and "important" with "also".
  const counted = new KnownWords(["난이도 난이도 난이도 난이", "중요 중요 중요도"]);
  expect(["난이도", "중요도"].map((word) => counted.withoutParticle(word))).toEqual(["난이도", "중요"]);
});

test("a run of katakana is cut only into words that the account has alone", () => {
  const known = new KnownWords([
    "パフォーマンス。チューニング。パフォーマンスチューニング、インジェクション",
  ]);
  expect(known.katakanaWords("パフォーマンスチューニング")).toEqual(["パフォーマンス", "チューニング"]);
  expect(known.katakanaWords("インジェクション")).toEqual(["インジェクション"]);
  expect(known.katakanaWords("チューニング")).toEqual(["チューニング"]);
  const patterns = cluster("patterns", [
    "入門|デザインパターンを学ぶ。",
    "本|テストパターンを集めた。",
    "設計|このパターン。",
    "道具|テスト。デザイン。",
  ]);
  expect(nameClusters([patterns, cluster("bread", ["パン|パンを焼いた。"])])[0]!.keyphrases[0]).toBe(
    "パターン",
  );
  const topic = cluster("tuning", [
    "チューニング|DBのチューニングをした。",
    "チューニングの本|チューニングを学ぶ。",
    "計測とチューニング|計測した。",
  ]);
  expect(
    nameClusters([topic, cluster("bread", ["パン|パンを焼いた。", "パンの本|パンを食べた。"])])[0]!.name,
  ).toBe("チューニング");
});

test("plain forms of Korean verbs say nothing about a subject, nouns with the same ending do", () => {
  for (const word of ["있다", "만든다", "문제이다", "합니다", "구웠다", "정리하고", "사용되는"])
    expect(saysNoSubject(word), word).toBe(true);
  for (const word of ["이를", "것은", "수에"]) expect(saysNoSubject(word), word).toBe(true);
  for (const word of ["수도", "지하는", "바다", "판다", "캐나다", "다리"])
    expect(saysNoSubject(word), word).toBe(false);
});

test("Japanese compound particles and counters are none of a name, words that begin alike are", () => {
  for (const word of ["に関する", "を通じて", "第", "個", "学ぶ", "使える"])
    expect(saysNoSubject(word), word).toBe(true);
  for (const word of ["お金", "にんじん", "とうふ", "章魚", "振る舞い", "書き込み"])
    expect(saysNoSubject(word), word).toBe(false);
});

test("what says that there is more says it in the account's language", () => {
  const areaOf = (a: string[], b: string[]) => {
    const topics = [cluster("a", a), cluster("b", b)];
    return nameAreas([{ key: "area", topics: ["a", "b"] }], topics, nameClusters(topics))[0]!.name;
  };
  expect(
    areaOf(
      [
        "Sauerteig|Der Sauerteig ist noch nicht im Ofen.",
        "Sauerteig am Samstag|Ich habe den Sauerteig und das Mehl.",
      ],
      ["Fahrrad|Das Fahrrad steht im Keller.", "Fahrrad putzen|Ich muss das Fahrrad noch putzen und ölen."],
    ),
  ).toMatch(/ & mehr$/);
  expect(
    areaOf(
      ["Le levain|Le levain est dans la cuisine.", "Levain du samedi|J'ai mis le levain avec la farine."],
      ["Mon vélo|Le vélo est dans la cave.", "Laver le vélo|Il faut que je lave le vélo."],
    ),
  ).toMatch(/ & autres$/);
  expect(
    areaOf(
      ["パン|パンを焼いた。パンはまだ温かい。", "パンの作り方|パンの生地を作ります。"],
      ["自転車|自転車は庭にあります。", "自転車の修理|自転車を修理しました。"],
    ),
  ).toMatch(/など$/);
  expect(
    areaOf(
      ["빵을 굽다|빵을 구웠다. 반죽이 질었다.", "빵과 반죽|반죽을 다시 했다. 빵을 먹었다."],
      ["자전거|자전거를 닦았다.", "자전거 수리|자전거를 고쳤다. 바퀴를 바꿨다."],
    ),
  ).toMatch(/ 등$/);
  expect(
    areaOf(
      ["Sourdough|The sourdough is in the oven.", "Sourdough again|I have the sourdough and the flour."],
      ["Bicycle|The bicycle is in the cellar.", "Bicycle wash|I have to wash the bicycle."],
    ),
  ).toMatch(/ & more$/);
});
