import { settingDefinitions } from "@noctuary/core/setting-definitions";
import type { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { idOf, mayRead, type Surroundings } from "./lambda.ts";

export interface ProviderAccess {
  environment: Record<string, string>;
  grants: PolicyStatement[];
}

/** The keys of the providers that the stage has chosen: secrets that are there already, put in place by hand. */
export function providerAccess({ stack, configuration }: Surroundings): ProviderAccess {
  const { embedder, llm, llmBaseUrl } = configuration.provider;
  const access: ProviderAccess = { environment: {}, grants: [] };
  const add = (id: string, variable: string, name: string) => {
    const secret = Secret.fromSecretNameV2(stack, id, `noctuary/${stack.stage}/${name}`);
    access.environment[variable] = idOf(secret);
    access.grants.push(mayRead(secret));
  };
  const hasOwnLlm = llm === "openai" && llmBaseUrl !== undefined;
  if (embedder === "openai" || (llm === "openai" && !hasOwnLlm)) {
    add("OpenaiKey", settingDefinitions.openaiSecretId.env, "openai-api-key");
  }
  if (hasOwnLlm) add("LlmKey", settingDefinitions.llmSecretId.env, "llm-api-key");
  return access;
}
