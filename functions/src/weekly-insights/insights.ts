import { userStep } from "@noctuary/core/job";
import { insights } from "@noctuary/core/weekly-insights/insights";
import { context } from "../runtime/context.ts";
import { worker } from "../runtime/worker.ts";

export const handler = worker(userStep(insights), context);
