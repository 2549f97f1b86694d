import type { StageInput } from "./configuration.ts";

/**
 * What differs between the stages. Everything that is left out is the default of stacks/configuration.ts, and a stage
 * that is not named here (a developer's own) is like `dev`. A wrong value fails the synthesis with a sentence.
 */
export const stages: Readonly<Record<string, StageInput>> = {
  dev: {
    // Nobody needs a night of dev at night: `POST /api/cron/nightly-cluster` starts one.
    jobs: {
      "nightly-cluster": { enabled: false },
      "nightly-stacks": { enabled: false },
      "weekly-insights": { enabled: false },
    },
    logs: { retentionDays: 7 },
  },
  staging: {},
  production: {
    logs: { retentionDays: 90 },
  },
};
