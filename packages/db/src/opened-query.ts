import pg from "pg";
import { sqlState } from "./database.ts";
import { KeptStatements, type Said, type Wire } from "./kept-statements.ts";

/** What one statement answers. */
export interface Answer {
  rows: Record<string, unknown>[];
}

/**
 * A call of a function of the schema, whose rows are the answer. Nothing is put together but the number of its arguments,
 * and their types are what the function's parameters have.
 */
export function call(name: string, args: unknown[]): Said {
  return {
    text: `select * from ${name}(${args.map((_, i) => `$${i + 1}`).join(", ")})`,
    values: args,
    name: `noctuary ${name} ${args.length}`,
  };
}

interface Batch {
  opening: Said;
  statement: Said;
  kept: KeptStatements;
}

/**
 * A statement behind another one that opens its transaction, in one batch of the extended query protocol: up to the `Sync`
 * at its end a batch is a transaction, so nobody says `begin` and `commit`, the server answers once, and where either is
 * refused nothing is committed.
 */
class OpenedQuery extends pg.Query {
  readonly #opening: Said;
  readonly #statement: Said;
  readonly #kept: KeptStatements;
  /** Set by `prepare`: under what name the statement is bound. */
  declare name: string | undefined;
  /** Names that this batch is the first to say. */
  readonly firsts: string[] = [];
  usesKept = false;
  #isOpen = false;

  constructor(
    { opening, statement, kept }: Batch,
    ended: (error: Error | undefined, answer: Answer) => void,
  ) {
    const { text, values } = statement;
    // Without values it would go by the simple protocol, in which nothing is opened.
    super({ text, values, queryMode: "extended" } as pg.QueryConfig, ended);
    this.#opening = opening;
    this.#statement = statement;
    this.#kept = kept;
  }

  prepare(wire: Wire): void {
    const { text, values } = this.#opening;
    const opening = this.#kept.isUnsure ? { text: `${text}, pg_backend_pid()`, values } : this.#opening;
    wire.bind({ statement: this.#parse(wire, opening), values });
    wire.execute({});
    this.name = this.#parse(wire, this.#statement);
    protocol.prepare.call(this, wire);
  }

  hasBeenParsed(): boolean {
    return true;
  }

  #parse(wire: Wire, said: Said): string | undefined {
    const { name, isFirst } = this.#kept.parse(wire, said);
    if (isFirst) this.firsts.push(name!);
    else if (name !== undefined) this.usesKept = true;
    return name;
  }

  handleDataRow(message: { fields: string[] }): void {
    if (this.#isOpen) protocol.handleDataRow.call(this, message);
    else if (this.#kept.isUnsure) this.#kept.heard(Number(message.fields.at(-1)));
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

const keptBy = new WeakMap<pg.ClientBase, KeptStatements>();

/** Sends a statement in a transaction of its own that `opening` begins, and waits for its commit. */
export async function sendOpened(client: pg.ClientBase, opening: Said, statement: Said): Promise<Answer> {
  const kept = keptBy.get(client) ?? new KeptStatements(client);
  keptBy.set(client, kept);
  const batch = { opening, statement, kept };
  const { query, answer } = send(client, batch);
  try {
    return await answer;
  } catch (error) {
    if (!query.usesKept || !LOST.includes(sqlState(error) ?? "")) throw error;
    kept.giveUp();
    return await send(client, batch).answer;
  }
}

/** The server does not know a statement by its name (any more), or it would answer with other columns by now. */
const LOST = ["26000", "0A000"];

function send(client: pg.ClientBase, batch: Batch): { query: OpenedQuery; answer: Promise<Answer> } {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Answer>();
  const query = new OpenedQuery(batch, (error, answer) => {
    for (const name of query.firsts) batch.kept.end(name, { isKept: error == null });
    if (error == null) resolve(answer);
    else reject(error);
  });
  client.query(query);
  return { query, answer };
}
