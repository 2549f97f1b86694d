import { userStep } from "@noctuary/core/job";
import { stacks } from "@noctuary/core/nightly-stacks/stacks";
import { context } from "../runtime/context.ts";
import { worker } from "../runtime/worker.ts";

export const handler = worker(userStep(stacks), context);
