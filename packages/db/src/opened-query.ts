import pg from "pg";

/** What one statement answers. */
export interface Answer {
  rows: Record<string, unknown>[];
}

/** A statement as it goes over the wire, with `$1` for its first value. */
export interface Said {
  text: string;
  values: unknown[];
}

/**
 * A call of a function of the schema, whose rows are the answer. Nothing is put together but the number of its arguments,
 * and their types are what the function's parameters have.
 */
export function call(name: string, args: unknown[]): Said {
  return { text: `select * from ${name}(${args.map((_, i) => `$${i + 1}`).join(", ")})`, values: args };
}

/** What a `pg.Query` says on the wire and hears from there: PostgreSQL's extended query protocol, message by message. */
interface Wire {
  parse(message: { text: string }): void;
  bind(message: { values: unknown[] }): void;
  execute(message: object): void;
}

/**
 * A statement behind another one that opens its transaction, in one batch of the extended query protocol: up to the `Sync`
 * at its end a batch is a transaction, so nobody says `begin` and `commit`, the server answers once, and where either is
 * refused nothing is committed.
 */
class OpenedQuery extends pg.Query {
  readonly #opening: Said;
  #isOpen = false;

  constructor(opening: Said, statement: Said, ended: (error: Error | undefined, answer: Answer) => void) {
    // Without values it would go by the simple protocol, in which nothing is opened.
    super({ ...statement, queryMode: "extended" } as pg.QueryConfig, ended);
    this.#opening = opening;
  }

  prepare(wire: Wire): void {
    wire.parse({ text: this.#opening.text });
    wire.bind({ values: this.#opening.values });
    wire.execute({});
    protocol.prepare.call(this, wire);
  }

  handleDataRow(message: unknown): void {
    if (this.#isOpen) protocol.handleDataRow.call(this, message);
  }

  handleCommandComplete(message: unknown, wire: Wire): void {
    if (this.#isOpen) protocol.handleCommandComplete.call(this, message, wire);
    this.#isOpen = true;
  }
}

/** Which of its methods a `pg.Query` is driven by, its types do not tell. */
const protocol = pg.Query.prototype as unknown as {
  prepare(wire: Wire): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, wire: Wire): void;
};

/** Sends a statement in a transaction of its own that `opening` begins, and waits for its commit. */
export function sendOpened(client: pg.ClientBase, opening: Said, statement: Said): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    const ended = (error: Error | undefined, answer: Answer) =>
      error == null ? resolve(answer) : reject(error);
    client.query(new OpenedQuery(opening, statement, ended));
  });
}
