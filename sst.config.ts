import process from "node:process";
import type { SSTConfig } from "sst";
import { deployment } from "./stacks/deployment.ts";

export default {
  config() {
    return {
      name: "noctuary",
      // biome-ignore lint/style/noProcessEnv: where to deploy is said to SST, not to the program
      region: process.env.AWS_REGION ?? "us-east-1",
    };
  },
  stacks(app) {
    // In production the constructs' own policies stand: what holds data or logs outlives the stack. Not "retain" for
    // everything, which would leave schedules and event source mappings at work after they were removed.
    if (app.stage !== "production") app.setDefaultRemovalPolicy("destroy");
    app.stack(deployment, { id: "Jobs" });
  },
} satisfies SSTConfig;
