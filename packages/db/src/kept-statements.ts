import type pg from "pg";

/** A statement as it goes over the wire, with `$1` for its first value. */
export interface Said {
  text: string;
  values: unknown[];
  /** Stands for this text and no other, where it is said again and again with other values. */
  name?: string;
}

/** What of PostgreSQL's extended query protocol the driver's connection says, message by message. */
export interface Wire {
  close(message: { type: "S"; name: string }): void;
  parse(message: { name?: string; text: string }): void;
  bind(message: { statement: string | undefined; values: unknown[] }): void;
  execute(message: object): void;
}

/**
 * Which statements the server's process behind one connection keeps parsed and planned: to do that anew each time is a
 * tenth of the server's work in a night of many small users.
 *
 * Behind a transaction pooler nothing is kept, for there the next transaction is another process's. That none stands in
 * between shows in the number that the connection was told at its beginning, to cancel requests by: a pooler makes one up,
 * and it is not what the process calls itself.
 */
export class KeptStatements {
  readonly #told: number | undefined;
  #isKeeping: boolean | undefined;
  readonly #names = new Map<string, "coming" | "kept">();

  constructor(client: pg.ClientBase) {
    this.#told = (client as { processID?: number }).processID;
  }

  /** Whether `heard` has still to be told. */
  get isUnsure(): boolean {
    return this.#isKeeping === undefined;
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

  /** Keeps nothing from now on: the server has lost what it was to keep. */
  giveUp(): void {
    this.#isKeeping = false;
  }
}

export interface Parsed {
  name: string | undefined;
  isFirst: boolean;
}
