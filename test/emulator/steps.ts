/** Runs named steps one after the other, each with its time; a step that fails is counted, and the rest goes on. */
export class Steps {
  passed = 0;
  failed = 0;
  readonly seconds: Record<string, number> = {};

  /** @returns undefined where it failed */
  async step<T>(name: string, work: () => Promise<T> | T): Promise<T | undefined> {
    const from = performance.now();
    try {
      const result = await work();
      this.passed += 1;
      console.log(`  ok      ${name} (${this.#took(name, from)} s)`);
      return result;
    } catch (error) {
      this.failed += 1;
      console.log(`  FAILED  ${name} (${this.#took(name, from)} s)\n          ${sayError(error)}`);
      return undefined;
    }
  }

  /** As `step`; nothing that follows makes sense without it. */
  async required<T>(name: string, work: () => Promise<T> | T): Promise<T> {
    const failed = this.failed;
    const result = await this.step(name, work);
    if (this.failed > failed) throw new Error(`"${name}" failed, and the rest needs it`);
    return result as T;
  }

  #took(name: string, from: number): string {
    const seconds = (performance.now() - from) / 1000;
    this.seconds[name] = seconds;
    return seconds.toFixed(1);
  }
}

function sayError(error: unknown): string {
  const text = error instanceof Error ? (error.message ?? String(error)) : String(error);
  return text.trim().split("\n").join("\n          ");
}

/** Asks until there is an answer other than undefined. Waiting is on a condition; only its end is by the clock. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined> | T | undefined,
  timeoutMs = 60_000,
): Promise<T> {
  const until = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > until) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
