import process from "node:process";
import type { SSTConfig } from "sst";
import { deploy } from "./stacks/deployment.ts";
import { stages } from "./stacks/stages.ts";

export default {
  config() {
    return {
      name: "noctuary",
      // biome-ignore lint/style/noProcessEnv: where to deploy is said to SST, not to the program
      region: process.env.AWS_REGION ?? "us-east-1",
    };
  },
  stacks(app) {
    return deploy(app, stages);
  },
} satisfies SSTConfig;
