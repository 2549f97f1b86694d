import type { Settings } from "../settings.ts";
import type { Embedder } from "./embedder.ts";
import { lexicalEmbedder } from "./lexical.ts";

/** The embedder that the settings choose. */
export function embedderFor({ embedder, dimensions }: Pick<Settings, "embedder" | "dimensions">): Embedder {
  switch (embedder) {
    case "lexical":
      return lexicalEmbedder(dimensions);
  }
}
