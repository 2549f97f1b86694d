import type { ServerResponse } from "node:http";
import { send, sendError, sendJson } from "./http-answers.ts";
import { type Asked, startJsonServer } from "./json-server.ts";
import { tokensOf } from "./openai-server.ts";

interface ChatBody {
  model: string;
  messages: { role: string; content: string }[];
  response_format?: { type: string; json_schema?: { name: string; strict: boolean; schema: object } };
  max_tokens?: number;
  max_completion_tokens?: number;
}
/** One request as it came. */
export type ChatRequest = Asked<ChatBody>;

/** What the server does with a request. */
export type ChatReply =
  /** The model's words; an object is written as JSON. */
  | { content: string | object; finishReason?: string; usage?: false }
  | { refusal: string }
  /** Any status, with OpenAI's error body. */
  | { status: number; code?: string; type?: string; headers?: Record<string, string> }
  /** Any JSON in place of a completion. */
  | { json: unknown }
  | "html"
  | "half"
  | "hangs"
  | "hangs-up";

export interface ChatServer extends AsyncDisposable {
  /** With /v1. */
  readonly url: string;
  readonly requests: ChatRequest[];
  readonly mostAtOnce: number;
  /** May be changed at any time. */
  reply: (request: ChatRequest, number: number) => ChatReply | Promise<ChatReply>;
  /** Forms of answers that the server refuses with 400, as older ones do. */
  refusedForms: string[];
  close(): Promise<void>;
}

/** What the model was given, parsed. */
export function materialOf({ messages }: ChatRequest): unknown {
  return JSON.parse(messages.findLast(({ role }) => role === "user")!.content);
}

/** An OpenAI-compatible chat API on a port of its own on this machine, whose model says what a test lets it say. */
export async function startChatServer(reply: ChatServer["reply"]): Promise<ChatServer> {
  const server = await startJsonServer<ChatBody>("/chat/completions", answer);
  const chat: ChatServer = {
    url: server.url,
    requests: server.requests,
    get mostAtOnce() {
      return server.mostAtOnce();
    },
    reply,
    refusedForms: [],
    close: server.close,
    [Symbol.asyncDispose]: server.close,
  };

  async function answer(response: ServerResponse, request: ChatRequest, number: number): Promise<void> {
    const form = request.response_format?.type ?? "words";
    if (chat.refusedForms.includes(form)) return sendError(response, 400, {});
    const said = await chat.reply(request, number);
    if (said === "hangs") return;
    if (said === "hangs-up") response.destroy();
    else if (said === "html") send(response, 200, Buffer.from("<html>Welcome</html>"), "text/html");
    else if (said === "half") {
      const body = Buffer.from(JSON.stringify(completionOf(request, { content: "{}" })));
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
      response.write(body.subarray(0, body.length >> 1), () => response.destroy());
    } else if ("status" in said) sendError(response, said.status, said);
    else if ("json" in said) sendJson(response, 200, said.json);
    else sendJson(response, 200, completionOf(request, said));
  }
  return chat;
}

function completionOf(
  request: ChatRequest,
  said: Extract<ChatReply, { content: unknown } | { refusal: unknown }>,
): object {
  const content = "content" in said ? text(said.content) : null;
  const prompt = tokensOf(request.messages.map((message) => message.content).join());
  const written = tokensOf(content ?? "");
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    model: request.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content, refusal: "refusal" in said ? said.refusal : null },
        finish_reason: ("finishReason" in said ? said.finishReason : undefined) ?? "stop",
      },
    ],
    ...("usage" in said && said.usage === false
      ? {}
      : {
          usage: { prompt_tokens: prompt, completion_tokens: written, total_tokens: prompt + written },
        }),
  };
}

function text(content: string | object): string {
  return typeof content === "string" ? content : JSON.stringify(content);
}
