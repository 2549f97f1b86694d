import { fold } from "../text/words.ts";
import { koreanParticleOf } from "./function-words.ts";

const koreanOrKatakana = /[\p{Script=Hangul}\p{Script=Katakana}]/u;
const koreanWord = /[\p{L}\p{N}]*\p{Script=Hangul}/gu;
const katakanaRun = /[\p{Script=Katakana}ー]+/gu;
/** "オン" and "キー" begin or end too many words that they are no part of. */
const minKatakanaPart = 3;
/** Particles behind which no other one can stand. */
const finalParticles = new Set(["도", "은", "는", "을", "를", "이", "가"]);

/**
 * Which words of an account stand alone somewhere, to tell where a word ends that is not written apart from the next.
 * No list of words would be whole; what people write again and again, they write alone, too.
 */
export class KnownWords {
  readonly #times = new Map<string, number>();
  /** By what is left of a Korean word without its particle: how often each particle stands behind it. */
  readonly #particles = new Map<string, Map<string, number>>();

  constructor(texts: Iterable<string>) {
    for (const text of texts) {
      if (!koreanOrKatakana.test(text)) continue;
      for (const [run] of text.matchAll(katakanaRun)) this.#count(run);
      for (const [word] of text.matchAll(koreanWord)) this.#count(fold(word));
    }
    for (const [word, times] of this.#times) {
      const particle = koreanParticleOf(word);
      if (particle === "") continue;
      const bare = word.slice(0, -particle.length);
      const particles = this.#particles.get(bare) ?? new Map<string, number>();
      this.#particles.set(bare, particles.set(particle, times));
    }
  }

  #count(word: string): void {
    this.#times.set(word, (this.#times.get(word) ?? 0) + 1);
  }

  /**
   * A folded Korean word without the particle behind it ("컴포넌트를", "컴포넌트"), so that both count as one: where
   * the rest stands alone, too, or with other particles. "정확도" (accuracy) ends like "정확" with "도" (also), but has
   * particles behind it, as nothing has that ends with one; or is written more often than what would be left.
   */
  withoutParticle(word: string): string {
    const particle = koreanParticleOf(word);
    if (particle === "") return word;
    const bare = word.slice(0, -particle.length);
    const alone = this.#times.get(bare) ?? 0;
    const particles = this.#particles.get(bare);
    if (alone === 0 && (particles?.size ?? 0) < 2) return word;
    if (finalParticles.has(particle) && this.#particles.has(word)) return word;
    const times = this.#times.get(word) ?? 0;
    const others = [...(particles?.values() ?? [])].reduce((sum, one) => sum + one, alone) - times;
    return particle === "도" && others <= times ? word : bare;
  }

  /**
   * The words that a run of katakana is made of: those that stand alone elsewhere, if it is made of nothing else, or
   * else itself. The dictionary, which knows no "チューニング" (tuning), would cut it in two.
   */
  katakanaWords(run: string): string[] {
    return this.#tiles(run, run) ?? [run];
  }

  #tiles(rest: string, run: string): string[] | undefined {
    if (rest === "") return [];
    for (let length = rest.length; length >= minKatakanaPart; length--) {
      const first = rest.slice(0, length);
      if (first === run || !this.#times.has(first)) continue;
      const others = this.#tiles(rest.slice(length), run);
      if (others !== undefined) return [first, ...others];
    }
    return undefined;
  }
}
