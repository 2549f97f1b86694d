import {
  type ConnectionOptions,
  type Leave,
  type OpenAiConnection,
  openAiConnection,
} from "../provider/openai-connection.ts";
import type { Failure } from "../provider/openai-errors.ts";

export interface EndpointOptions extends ConnectionOptions {
  model: string;
}

export interface Endpoint extends Pick<OpenAiConnection, "admit"> {
  /**
   * Asks once for the vectors of the texts; `dimensions` is sent where it is given.
   *
   * @returns the answer as it came, parsed; rejects only with the signal's reason once it is aborted
   */
  ask(
    texts: string[],
    options: { dimensions: number | undefined; signal: AbortSignal; leave: Leave },
  ): Promise<{ answer: unknown } | { failure: Failure }>;
}

/** `POST /embeddings` of an OpenAI-compatible API. @throws {RangeError} for a URL or key that no request can be made of */
export function openAiEndpoint({ model, ...options }: EndpointOptions): Endpoint {
  const connection = openAiConnection(options);
  return {
    admit: connection.admit,
    ask(texts, { dimensions, ...options }) {
      const request = {
        model,
        input: texts,
        encoding_format: "base64" as const,
        ...(dimensions === undefined ? {} : { dimensions }),
      };
      return connection.ask(({ embeddings }, signal) => embeddings.create(request, { signal }), options);
    },
  };
}
