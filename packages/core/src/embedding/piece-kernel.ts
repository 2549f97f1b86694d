import { Buffer } from "node:buffer";
import { pieceKernelBase64 } from "./piece-kernel-bytes.ts";

/** The kernel's exports: see kernel/pieces.ts. */
interface Exports {
  memory: WebAssembly.Memory;
  TEXT: { readonly value: number };
  tokens: { value: number };
  stoppedEnd: { readonly value: number };
  prepare(): void;
  walk(first: number, end: number): number;
  learn(count: number): void;
}

const PAGE_BYTES = 65_536;
/** Zeros that the kernel wants behind a text. */
const ROOM_BYTES = 32;

/** Walks over texts and counts the tokens of what it has learnt; at anything else it stops and asks. */
export class PieceKernel {
  readonly #kernel: Exports;
  #bytes: Buffer;
  #length = 0;
  /** The text's UTF-16 units. */
  units: Uint16Array = new Uint16Array();

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(pieceKernelBase64, "base64"));
    this.#kernel = new WebAssembly.Instance(module, {}).exports as unknown as Exports;
    this.#kernel.prepare();
    this.#bytes = this.#text();
  }

  /** Begins with a text. */
  begin(text: string): void {
    const wanted = 2 * text.length + ROOM_BYTES;
    if (wanted > this.#bytes.length) {
      // Twice as much, or each longer text would be a step.
      this.#kernel.memory.grow(Math.ceil((2 * wanted - this.#bytes.length) / PAGE_BYTES));
      this.#bytes = this.#text();
    }
    this.#bytes.fill(0, this.#bytes.write(text, "utf16le"), wanted);
    this.#length = text.length;
    this.units = new Uint16Array(this.#bytes.buffer, this.#bytes.byteOffset, text.length);
    this.#kernel.tokens.value = 0;
  }

  /** Goes on at a unit. Returns the one at which a piece begins that it does not know, or the text's end. */
  walk(start: number): number {
    return this.#kernel.walk(start, this.#length);
  }

  /** Remembers the count of the piece at which it stopped, where that is one that it can know. */
  learn(end: number, count: number): void {
    if (end === this.#kernel.stoppedEnd.value) this.#kernel.learn(count);
  }

  /** The tokens that it has counted in this text. */
  get tokens(): number {
    return this.#kernel.tokens.value;
  }

  #text(): Buffer {
    return Buffer.from(this.#kernel.memory.buffer, this.#kernel.TEXT.value);
  }
}
