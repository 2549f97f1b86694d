import { weeklyInsights } from "@noctuary/core/weekly-insights/weekly-insights";
import { context } from "../runtime/context.ts";
import { orchestrator } from "../runtime/orchestrator.ts";

export const handler = orchestrator(weeklyInsights, context);
