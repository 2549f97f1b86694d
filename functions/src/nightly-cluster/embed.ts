import { userStep } from "@noctuary/core/job";
import { embed } from "@noctuary/core/nightly-cluster/embed";
import { context } from "../runtime/context.ts";
import { worker } from "../runtime/worker.ts";

export const handler = worker(userStep(embed), context);
