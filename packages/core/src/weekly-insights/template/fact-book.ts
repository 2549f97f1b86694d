import type { Fact } from "../fact.ts";
import type { Sentence } from "../section.ts";

/** More notes than these do not make a sentence more believable. */
const MAX_NOTE_IDS = 8;

/** Facts by id, for whoever writes sentences from them. */
export class FactBook {
  readonly #facts: ReadonlyMap<string, Fact>;
  constructor(facts: readonly Fact[]) {
    this.#facts = new Map(facts.map((fact) => [fact.id, fact]));
  }

  get(id: string): Fact | undefined {
    return this.#facts.get(id);
  }

  has(id: string): boolean {
    return this.#facts.has(id);
  }

  number(id: string): number {
    return Number(this.#facts.get(id)!.value);
  }

  text(id: string): string {
    return String(this.#facts.get(id)!.value);
  }

  /** The values of `prefix1`, `prefix2`, ... */
  texts(prefix: string): string[] {
    return [...this.#facts.values()]
      .filter((fact) => isNumbered(fact.id, prefix))
      .map((fact) => String(fact.value));
  }

  /** `prefix1`, `prefix2`, ... */
  ids(prefix: string): string[] {
    return [...this.#facts.keys()].filter((id) => isNumbered(id, prefix));
  }

  /** "theme-1", "theme-2", ... */
  groups(name: string): string[] {
    const groups = [...this.#facts.keys()].flatMap((id) => new RegExp(`^${name}-\\d+`).exec(id)?.[0] ?? []);
    return [...new Set(groups)];
  }

  /** A sentence that rests on these facts, those first that say most about where it comes from. */
  sentence(text: string, factIds: readonly string[]): Sentence {
    const known = [...new Set(factIds)].filter((id) => this.#facts.has(id));
    const facts = known.map((id) => this.#facts.get(id)!).sort((a, b) => a.noteIds.length - b.noteIds.length);
    return {
      text,
      factIds: known,
      noteIds: [...new Set(facts.flatMap((fact) => fact.noteIds.slice(0, MAX_NOTE_IDS)))].slice(
        0,
        MAX_NOTE_IDS,
      ),
    };
  }
}

function isNumbered(id: string, prefix: string): boolean {
  return id.startsWith(prefix) && /^\d+$/.test(id.slice(prefix.length));
}
