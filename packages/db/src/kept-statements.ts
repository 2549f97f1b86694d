import { createHash } from "node:crypto";
import type pg from "pg";

/** A statement as it goes over the wire, with `$1` for its first value. */
export interface Said {
  text: string;
  values: unknown[];
  /** `nameOf` the text, where it is said again and again with other values. */
  name?: string;
}

/** What of PostgreSQL's extended query protocol the driver's connection says, message by message. */
export interface Wire {
  close(message: { type: "S"; name: string }): void;
  parse(message: { name?: string; text: string }): void;
  bind(message: { statement: string | undefined; values: unknown[] }): void;
  execute(message: object): void;
}

const names = new Map<string, string>();

/** A name that no other text has, of whatever version: several processes may share one session of the embedded database. */
export function nameOf(text: string): string {
  let name = names.get(text);
  if (name === undefined) {
    name = `noctuary ${createHash("sha256").update(text).digest("hex").slice(0, 32)}`;
    names.set(text, name);
  }
  return name;
}

/** How often the server may have lost what it was to keep. A deploy that changes functions is one such time. */
const MAX_LOSSES = 3;

/**
 * Which statements the server's process behind one connection keeps parsed and planned: to do that anew each time is a
 * tenth of its processor time in a night of many small users (docs/benchmarks.md). The driver's own named statements
 * would not do: they know one statement a batch, take one for parsed that was refused, and never let go of one.
 *
 * Behind a transaction pooler nothing is kept, for there the next transaction is another process's. That none stands in
 * between shows in the number that the connection was told at its beginning, to cancel requests by: poolers make one up,
 * or tell none, and it is not what the process calls itself. Should the two agree by chance, or by a pooler that passes the
 * number on, then what was to be kept is soon found lost.
 */
export class KeptStatements {
  readonly #told: number | null | undefined;
  #isKeeping: boolean | undefined;
  readonly #names = new Map<string, "coming" | "kept">();
  #losses = 0;

  constructor(client: pg.ClientBase) {
    this.#told = (client as { processID?: number | null }).processID;
  }

  /** Whether `heard` has still to be told. */
  get isUnsure(): boolean {
    return this.#isKeeping === undefined;
  }

  /** How often something was lost so far. */
  get losses(): number {
    return this.#losses;
  }

  /** What `pg_backend_pid()` answers over the connection. */
  heard(processId: number): void {
    this.#isKeeping ??= processId === this.#told;
  }

  /**
   * Sees to it that a statement can be bound, and returns the name that it is bound by: none where it is parsed for this
   * one time. Whoever is the first to say a name tells `end` what came of it; to the others it is nothing until then.
   */
  parse(wire: Wire, { text, name }: Said): Parsed {
    const state = name === undefined ? undefined : this.#names.get(name);
    if (name === undefined || this.#isKeeping !== true || state === "coming") {
      wire.parse({ text });
      return { name: undefined, isFirst: false };
    }
    if (state === "kept") return { name, isFirst: false };
    this.#names.set(name, "coming");
    // It may have been parsed by a transaction that was refused afterwards. To close what is not there is no error.
    wire.close({ type: "S", name });
    wire.parse({ text, name });
    return { name, isFirst: true };
  }

  end(name: string, { isKept }: { isKept: boolean }): void {
    if (isKept) this.#names.set(name, "kept");
    else this.#names.delete(name);
  }

  /** Something is lost since there were so many `losses`, if nobody has said so yet: all names are said anew. */
  lost(losses: number): void {
    if (losses < this.#losses) return;
    this.#losses++;
    this.#names.clear();
    if (this.#losses >= MAX_LOSSES) this.#isKeeping = false;
  }
}

export interface Parsed {
  name: string | undefined;
  isFirst: boolean;
}
