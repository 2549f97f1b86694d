/**
 * Bytes of a text file as a string: UTF-8, or UTF-16 when a byte order mark says so. The mark and NUL characters
 * are removed and lines end in \n. Undefined when the bytes are not valid in their encoding: replacing what is
 * wrong would store, and embed, another text than the person's.
 */
export function decodeText(bytes: Uint8Array): string | undefined {
  const encoding =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? "utf-16le"
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? "utf-16be"
        : "utf-8";
  try {
    return plainLines(new TextDecoder(encoding, { fatal: true }).decode(bytes));
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Without NUL, which Postgres refuses, without lone surrogates, and with \n alone as the end of a line. */
export function plainLines(text: string): string {
  return text.replaceAll("\0", "").replace(/\r\n?/g, "\n").toWellFormed();
}
