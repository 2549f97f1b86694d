/** What has to be known of a model before it is asked anything. */
export interface OpenAiModel {
  /** The length of its vectors when nobody asks for another one. */
  readonly nativeDimensions: number;
  /** Whether the provider shortens its vectors on request. */
  readonly canShorten: boolean;
}

const models: Readonly<Record<string, OpenAiModel>> = {
  "text-embedding-3-small": { nativeDimensions: 1536, canShorten: true },
  "text-embedding-3-large": { nativeDimensions: 3072, canShorten: true },
  "text-embedding-ada-002": { nativeDimensions: 1536, canShorten: false },
};

/** OpenAI's own models, also under the name that gateways give them ("openai/text-embedding-3-small"). */
export function openAiModel(name: string): OpenAiModel | undefined {
  const ownName = name.replace(/^openai\//, "");
  return Object.hasOwn(models, ownName) ? models[ownName] : undefined;
}
