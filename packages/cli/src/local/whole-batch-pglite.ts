import { setFlagsFromString } from "node:v8";
import {
  type ExecProtocolOptionsStream,
  PGlite,
  type PGliteOptions,
  type QueryOptions,
} from "@electric-sql/pglite";

// The V8 of Node 24 can end the process when it frees code of WebAssembly that has been compiled anew (nodejs/node#64500).
// Kept, such code is some megabytes.
setFlagsFromString("--no-wasm-code-gc");

/** Messages of the extended query protocol that leave a batch open: Parse, Bind, Describe, Execute, Close, Flush. */
const OPENS_BATCH = new Set(Array.from("PBDECH", (type) => type.charCodeAt(0)));
const SYNC = Uint8Array.of("S".charCodeAt(0), 0, 0, 0, 4);

/**
 * PGlite that keeps the messages of different clients apart.
 *
 * pglite-socket 0.2.17 hands over single messages and holds other clients back only while a transaction is open.
 * Outside of one, a Bind that is still arriving (parameters over 64 kB) lets another client's Parse through, and is
 * then bound to that client's statement. A batch is therefore a transaction until its Sync.
 */
export class WholeBatchPGlite extends PGlite {
  #batchOpen = false;
  readonly #onBroken: (error: unknown) => void;

  /** `onBroken` hears of a failure that is not SQL's: the database can no longer be used. */
  constructor(options: PGliteOptions & { onBroken: (error: unknown) => void }) {
    super(options);
    this.#onBroken = options.onBroken;
  }

  override isInTransaction(): boolean {
    return this.#batchOpen || super.isInTransaction();
  }

  /** SQL errors are messages to the client; pglite-socket's queue would stand still for ever after a throw. */
  override async execProtocolRawStream(
    message: Uint8Array,
    options: ExecProtocolOptionsStream,
  ): Promise<void> {
    try {
      await super.execProtocolRawStream(message, options);
    } catch (error) {
      this.#onBroken(error);
      throw error;
    }
    this.#batchOpen = OPENS_BATCH.has(message[0] ?? 0);
  }

  /** pglite-socket calls it with `ROLLBACK` when a client left within what it takes for a transaction. */
  override async exec(query: string, options?: QueryOptions) {
    if (this.#batchOpen) {
      // Without the Sync that the client did not live to send, an error in its batch makes the backend skip all others.
      await this.runExclusive(() => super.execProtocolRaw(SYNC));
      this.#batchOpen = false;
    }
    return super.exec(query, options);
  }
}
