import { userStep } from "@noctuary/core/job";
import { cluster } from "@noctuary/core/nightly-cluster/cluster";
import { context } from "../runtime/context.ts";
import { worker } from "../runtime/worker.ts";

export const handler = worker(userStep(cluster), context);
