import { defineConfig } from "vitest/config";

// biome-ignore lint/style/noProcessEnv: a test run is told by its environment where a server is
const hasServer = (process.env.NOCTUARY_TEST_DATABASE_URL ?? "") !== "";

/**
 * Faults that are injected, and the simulation: each prints what it did and found, with its seed. A suite of its own,
 * because it is measured by its counts and not by its lines. `npm run faults:full` runs it with all counts.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 120_000,
    projects: [
      {
        extends: true,
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          exclude: ["test/faults/**/*.server.test.ts"],
          globalSetup: "test/support/embedded-template.ts",
        },
      },
      {
        extends: true,
        test: {
          name: "faults on a server",
          include: hasServer ? ["test/faults/**/*.server.test.ts"] : ["test/support/no-server.test.ts"],
          globalSetup: hasServer ? "test/support/server-template.ts" : "test/support/no-server.ts",
        },
      },
    ],
  },
});
