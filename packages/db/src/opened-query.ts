import pg from "pg";
import { sqlState } from "./database.ts";
import { KeptStatements, nameOf, type Said, type Wire } from "./kept-statements.ts";

/** What one statement answers. */
export interface Answer {
  rows: Record<string, unknown>[];
}

/**
 * A call of a function of the schema, whose rows are the answer. Nothing is put together but the number of its arguments,
 * and their types are what the function's parameters have.
 */
export function call(name: string, args: unknown[]): Said {
  const text = `select * from ${name}(${args.map((_, i) => `$${i + 1}`).join(", ")})`;
  return { text, values: args, name: nameOf(text) };
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

/**
 * What a server says of a statement by a name that it has lost, or whose functions, their columns or types of arguments are
 * others by now. A function may say some of it for reasons of its own: then it is refused twice.
 */
const MAY_BE_LOST = /^(26|0A|42|XX|08P)/;

/** Sends a statement in a transaction of its own that `opening` begins, and waits for its commit. */
export async function sendOpened(client: pg.ClientBase, opening: Said, statement: Said): Promise<Answer> {
  const kept = keptBy.get(client) ?? new KeptStatements(client);
  keptBy.set(client, kept);
  const { losses } = kept;
  const { query, answer } = send(client, { opening, statement, kept });
  try {
    return await answer;
  } catch (error) {
    if (!query.usesKept || !MAY_BE_LOST.test(sqlState(error) ?? "")) throw error;
    kept.lost(losses);
    // All that the batch has done is taken back.
    return await send(client, { opening: nameless(opening), statement: nameless(statement), kept }).answer;
  }
}

function nameless({ text, values }: Said): Said {
  return { text, values };
}

function send(client: pg.ClientBase, batch: Batch): { query: OpenedQuery; answer: Promise<Answer> } {
  const { promise: answer, resolve, reject } = Promise.withResolvers<Answer>();
  let hasEnded = false;
  const query = new OpenedQuery(batch, (error, answer) => {
    // Of values that there are no words for, the driver tells twice, and closes the statement.
    if (hasEnded) return;
    hasEnded = true;
    const isRefused = error != null;
    for (const name of query.firsts) batch.kept.end(name, { isKept: !isRefused });
    if (isRefused && sqlState(error) === undefined && query.name !== undefined)
      batch.kept.end(query.name, { isKept: false });
    if (isRefused) reject(error);
    else resolve(answer);
  });
  client.query(query);
  return { query, answer };
}
