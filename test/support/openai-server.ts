import { createHash } from "node:crypto";
import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { send, sendError, sendJson } from "./http-answers.ts";
import { type Asked, startJsonServer } from "./json-server.ts";

interface EmbeddingsBody {
  model: string;
  input: string[];
  dimensions?: number;
  encoding_format?: string;
}
/** One request as it came. */
export type EmbeddingsRequest = Asked<EmbeddingsBody>;

/** What the server does with a request instead of answering it rightly. */
export type Misbehaviour =
  /** Any status, with OpenAI's error body by default; `type` is that of the error, or with a `body` the body's. */
  | { status: number; code?: string; type?: string; body?: string; headers?: Record<string, string> }
  /** An answer whose vectors, or whose text, is changed before it is sent. */
  | { change: (data: { index?: number; embedding: unknown }[]) => unknown[] }
  | { dimensions: number }
  | "html"
  /** Half of the body, then the connection is cut. */
  | "half"
  /** Half of the body, and no more. */
  | "stalls"
  /** A byte of the body, or of the headers, every few milliseconds, and never the last one. */
  | "drips"
  | "drips-headers"
  | "hangs"
  | "hangs-up";

export interface OpenAiServerOptions {
  /** What the model gives when nobody asks for another length. */
  nativeDimensions?: number;
  latencyMs?: number;
  /** Inputs that make the server refuse the request that holds one. */
  poison?: (text: string) => boolean;
  poisonStatus?: number;
  /** Requests with more inputs are refused. */
  maxInputs?: number;
  refusesDimensions?: boolean;
  ignoresDimensions?: boolean;
  ignoresEncodingFormat?: boolean;
  sendsUsage?: boolean;
  /** A text's vector where the test has its own; any length, any norm. */
  vectorOf?: (text: string) => ArrayLike<number> | undefined;
  /** Headers of every right answer. */
  headers?: () => Record<string, string>;
  /** Asked for every request, in order of their coming: what to do other than to answer. */
  misbehave?: (request: EmbeddingsRequest, number: number) => Misbehaviour | undefined;
}

export interface OpenAiServer extends AsyncDisposable {
  /** With /v1, as an embedder wants it. */
  readonly url: string;
  readonly requests: EmbeddingsRequest[];
  /** Inputs of all requests together, refused ones too. */
  readonly inputs: number;
  readonly mostAtOnce: number;
  /** May be changed at any time. */
  readonly options: OpenAiServerOptions;
  /** Requests so far are forgotten. */
  reset(): void;
  close(): Promise<void>;
}

const DRIP_EVERY_MS = 5;

/**
 * An OpenAI-compatible embeddings API on a port of its own on this machine. The same text always has the same vector:
 * one of 4,096 for each number of dimensions, so that an answer costs next to nothing.
 */
export async function startOpenAiServer(options: OpenAiServerOptions = {}): Promise<OpenAiServer> {
  let inputs = 0;
  const server = await startJsonServer<EmbeddingsBody>("/embeddings", (response, asked, number) => {
    inputs += asked.input.length;
    return answer(response, asked, number, options);
  });
  return {
    url: server.url,
    requests: server.requests,
    get inputs() {
      return inputs;
    },
    get mostAtOnce() {
      return server.mostAtOnce();
    },
    options,
    reset() {
      inputs = 0;
      server.reset();
    },
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  };
}

async function answer(
  response: ServerResponse,
  request: EmbeddingsRequest,
  number: number,
  options: OpenAiServerOptions,
): Promise<void> {
  if (options.latencyMs) await delay(options.latencyMs);
  const misbehaviour = options.misbehave?.(request, number);
  if (misbehaviour !== undefined) return misbehave(response, request, options, misbehaviour);
  const refused = refusalOf(request, options);
  if (refused !== undefined) return sendError(response, refused, {});
  send(response, 200, answerTo(request, options), undefined, options.headers?.());
}

function refusalOf(request: EmbeddingsRequest, options: OpenAiServerOptions): number | undefined {
  if (request.input.some((text) => text === "" || options.poison?.(text))) return options.poisonStatus ?? 400;
  if (request.input.length > (options.maxInputs ?? 2_048)) return 413;
  if (request.dimensions !== undefined && options.refusesDimensions) return 400;
  return undefined;
}

function misbehave(
  response: ServerResponse,
  request: EmbeddingsRequest,
  options: OpenAiServerOptions,
  what: Misbehaviour,
): void {
  if (what === "hangs") return;
  if (what === "hangs-up") {
    response.destroy();
    return;
  }
  if (what === "drips" || what === "drips-headers") {
    drip(response, what);
  } else if (what === "html") {
    send(response, 200, Buffer.from("<html><body>Welcome</body></html>"), "text/html");
  } else if (what === "half" || what === "stalls") {
    const body = answerTo(request, options);
    response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
    response.write(body.subarray(0, body.length >> 1), () => {
      if (what === "half") response.destroy();
    });
  } else if ("dimensions" in what) {
    send(response, 200, answerTo({ ...request, dimensions: what.dimensions }, options));
  } else if ("change" in what) {
    const right = JSON.parse(answerTo(request, options).toString()) as { data: { embedding: unknown }[] };
    sendJson(response, 200, { ...right, data: what.change(right.data) });
  } else if (what.body === undefined) {
    sendError(response, what.status, what);
  } else {
    send(response, what.status, Buffer.from(what.body), what.type ?? "text/html", what.headers);
  }
}

/** Never silent for as long as a timeout of silence would take, and never at an end. */
function drip(response: ServerResponse, what: "drips" | "drips-headers"): void {
  const socket = response.socket!;
  if (what === "drips") response.writeHead(200, { "content-type": "application/json" });
  else socket.write("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-filler: ");
  const timer = setInterval(() => {
    if (what === "drips") response.write(" ");
    else socket.write("x");
  }, DRIP_EVERY_MS);
  socket.once("close", () => clearInterval(timer));
}

function answerTo(request: EmbeddingsRequest, options: OpenAiServerOptions): Buffer {
  const native = options.nativeDimensions ?? 1536;
  const dimensions = options.ignoresDimensions ? native : (request.dimensions ?? native);
  const isBase64 = request.encoding_format === "base64" && !options.ignoresEncodingFormat;
  const chunks: Buffer[] = [Buffer.from('{"object":"list","data":[')];
  for (const [index, text] of request.input.entries()) {
    const own = options.vectorOf?.(text);
    const embedding = own ? encoded(Float32Array.from(own), isBase64) : pooled(text, dimensions, isBase64);
    chunks.push(Buffer.from(`${index === 0 ? "" : ","}{"object":"embedding","index":${index},"embedding":`));
    chunks.push(embedding, Buffer.from("}"));
  }
  const tokens = request.input.reduce((sum, text) => sum + tokensOf(text), 0);
  const usage =
    options.sendsUsage === false ? "" : `,"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}`;
  chunks.push(Buffer.from(`],"model":${JSON.stringify(request.model)}${usage}}`));
  return Buffer.concat(chunks);
}

/** Four characters each, as the server counts and bills them. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / 4);
}

const POOL = 4_096;
const pool = new Map<string, Buffer>();

function pooled(text: string, dimensions: number, isBase64: boolean): Buffer {
  const slot = slotOf(text);
  const key = `${dimensions} ${isBase64} ${slot}`;
  const known = pool.get(key);
  if (known !== undefined) return known;
  const made = encoded(unitVector(slot, dimensions), isBase64);
  pool.set(key, made);
  return made;
}

function slotOf(text: string): number {
  return createHash("sha256").update(text).digest().readUInt32LE() % POOL;
}

/** The vector that the server has for a text, in unit length. */
export function serverVector(text: string, dimensions: number): Float32Array {
  return unitVector(slotOf(text), dimensions);
}

function unitVector(seed: number, dimensions: number): Float32Array {
  let state = seed + 1;
  const next = () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9;
    return ((state ^ (state >>> 12)) >>> 0) / 2 ** 32 - 0.5;
  };
  const values = Float64Array.from({ length: dimensions }, next);
  const norm = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / norm);
}

function encoded(vector: Float32Array, isBase64: boolean): Buffer {
  return Buffer.from(
    isBase64 ? `"${Buffer.from(vector.buffer).toString("base64")}"` : JSON.stringify([...vector]),
  );
}
