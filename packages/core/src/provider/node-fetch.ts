import { type Agent, type IncomingMessage, request as requestOverHttp } from "node:http";
import { request as requestOverHttps } from "node:https";

/** What the SDK hands to `fetch`. */
export interface TextRequest {
  method: string;
  headers: Record<string, string>;
  body?: string;
  signal: AbortSignal;
  /** Node's own, which heeds a proxy that the environment names, where none is given. */
  agent?: Agent;
}

/**
 * `fetch` for requests and answers that are one text each, over Node's own HTTP client: a quarter of a millisecond less a
 * request than the streams of `fetch` take. Follows no redirect, which would carry the notes to a host that nobody has
 * chosen. Resolves once the whole answer is there; `sawHeaders` hears of its headers before.
 */
export function nodeFetch(
  url: string,
  { method, headers, body, signal, agent }: TextRequest,
  sawHeaders: (headers: AnswerHeaders) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith("https:") ? requestOverHttps : requestOverHttp;
    const request = open(url, { method, headers, signal, agent });
    request.on("error", reject);
    request.on("response", (answer) => {
      readAnswer(answer, sawHeaders).then(resolve, (error: Error) => {
        request.destroy();
        reject(error);
      });
    });
    request.end(body);
  });
}

/** No `Response`, whose body is a stream and whose status may not be any number that a gateway thinks of. */
async function readAnswer(
  answer: IncomingMessage,
  sawHeaders: (headers: AnswerHeaders) => void,
): Promise<Response> {
  const headers = new AnswerHeaders(answer.headers);
  sawHeaders(headers);
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on("data", (chunk: Buffer) => chunks.push(chunk));
    answer.on("error", reject); // it broke off
    answer.on("end", () => resolve(Buffer.concat(chunks)));
  });
  const status = answer.statusCode!;
  return {
    status,
    statusText: answer.statusMessage,
    ok: status >= 200 && status < 300,
    headers: headers as Pick<Headers, "get" | "entries">,
    text: async () => new TextDecoder().decode(bytes),
    body: null,
  } as Response;
}

/** What the SDK and we read of `Headers`, which checks each name and value that it is given. */
export class AnswerHeaders {
  readonly #values: Map<string, string>;

  constructor(headers: IncomingMessage["headers"]) {
    this.#values = new Map(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  }

  /** null where there is none. */
  get(name: string): string | null {
    return this.#values.get(name.toLowerCase()) ?? null;
  }

  entries(): MapIterator<[string, string]> {
    return this.#values.entries();
  }
}
