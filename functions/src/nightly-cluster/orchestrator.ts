import { nightlyCluster } from "@noctuary/core/nightly-cluster/nightly-cluster";
import { context } from "../runtime/context.ts";
import { orchestrator } from "../runtime/orchestrator.ts";

export const handler = orchestrator(nightlyCluster, context);
