import { Socket } from "node:net";

/**
 * A socket that sends what is written to it in one turn in one piece: the statements of a transaction that go out without
 * waiting for one another then take one system call, and wake the server once. (Under TLS they are packets of their own.)
 */
export class TurnSocket extends Socket {
  #isHeld = false;

  /** `begin` and `commit` are written without a cork of the driver's: they go with what follows in the same turn. */
  override write = ((...args: Parameters<Socket["write"]>) => {
    this.cork();
    return super.write(...args);
  }) as Socket["write"];

  /** The driver corks around the messages of each statement. */
  override cork(): void {
    if (this.#isHeld) return;
    this.#isHeld = true;
    super.cork();
    process.nextTick(() => {
      this.#isHeld = false;
      super.uncork();
    });
  }

  override uncork(): void {}
}
