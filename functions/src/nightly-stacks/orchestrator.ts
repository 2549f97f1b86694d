import { nightlyStacks } from "@noctuary/core/nightly-stacks/nightly-stacks";
import { context } from "../runtime/context.ts";
import { orchestrator } from "../runtime/orchestrator.ts";

export const handler = orchestrator(nightlyStacks, context);
