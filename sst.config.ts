import process from "node:process";
import type { SSTConfig } from "sst";
import { checkDestination } from "./stacks/configuration.ts";
import { deploy } from "./stacks/deployment.ts";
import { stages } from "./stacks/stages.ts";

export default {
  config({ stage, region }) {
    // biome-ignore lint/style/noProcessEnv: where to deploy is said to SST, not to the program
    const chosen = region ?? (process.env.AWS_REGION || "us-east-1");
    // Here and not only in the synthesis: what comes before that, SST's bootstrap of a region, already makes something.
    checkDestination(stage, chosen);
    return { name: "noctuary", region: chosen };
  },
  stacks(app) {
    return deploy(app, stages);
  },
} satisfies SSTConfig;
