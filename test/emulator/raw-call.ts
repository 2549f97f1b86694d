import { once } from "node:events";
import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

export interface RawAnswer {
  status: number;
  /** undefined where the body is not JSON. */
  body: { error?: { code: string } } | undefined;
}

/** One request whose header lines go over the wire as they are given: what curl and fetch mend or refuse is sent, too. */
export async function rawCall(
  url: string,
  method: string,
  headerLines: readonly string[],
  body = "",
): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), timeout: 60_000 });
  await once(socket, "connect");
  const head = [
    `${method} ${pathname} HTTP/1.1`,
    `host: ${hostname}:${port}`,
    "connection: close",
    `content-length: ${Buffer.byteLength(body)}`,
    ...headerLines,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  const answer = (await buffer(socket)).toString();
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]);
  return { status, body: jsonIn(answer.slice(answer.indexOf("\r\n\r\n") + 4)) };
}

function jsonIn(text: string): RawAnswer["body"] {
  try {
    // Whatever frames the body, the object is what lies between the outermost braces.
    return JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1));
  } catch {
    return undefined;
  }
}
