import { defineConfig } from "vitest/config";

/** The areas whose tests open a database. */
const databaseTests = [
  "api",
  "attach",
  "database",
  "examples",
  "forget",
  "ledger",
  "nightly-cluster",
  "nightly-stacks",
  "observability",
  "rehearsal",
  "weekly-insights",
].map((area) => `test/${area}/**/*.test.ts`);
/** What reads the templates and the bundles that a deploy would send. */
const stackTests = ["test/stacks/**/*.test.ts", "test/bundles/**/*.test.ts"];
/** What starts the command line, each command as a process of its own. */
const commandTests = ["test/cli/**/*.test.ts"];
/** What one session cannot show: two transactions at once, roles that log in, schemas of other extensions. */
const serverOnly = "test/**/*.server.test.ts";
// biome-ignore lint/style/noProcessEnv: a test run is told by its environment where a server is
const hasServer = (process.env.NOCTUARY_TEST_DATABASE_URL ?? "") !== "";

/**
 * Files one after another in the same two processes. A process of its own for each costs two seconds of processor time,
 * more than most files' tests, mostly to compile what the one before had compiled: PGlite's WebAssembly and our modules.
 * A warm Lambda keeps its modules likewise, and each file's database is its own. What a test puts in place of
 * something (a spy, a variable of the environment) is taken away again before the next.
 */
const sharedProcesses = { isolate: false, restoreMocks: true } as const;

/**
 * Everything that opens a database runs on the embedded one, which needs nothing but Node, and once more on the server
 * that NOCTUARY_TEST_DATABASE_URL names. That login must be a superuser: it makes databases and roles.
 */
export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          ...sharedProcesses,
          name: "plain",
          include: ["test/**/*.test.ts"],
          exclude: [...databaseTests, ...stackTests, ...commandTests, "test/support/**", "test/faults/**"],
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: "commands",
          include: commandTests,
          globalSetup: "test/cli/make-home-once.ts",
          testTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "stacks",
          include: stackTests,
          globalSetup: "test/stacks/synthesise-once.ts",
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          ...sharedProcesses,
          name: "embedded",
          include: databaseTests,
          exclude: [serverOnly],
          globalSetup: "test/support/embedded-template.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...sharedProcesses,
          name: "server",
          include: hasServer ? databaseTests : ["test/support/no-server.test.ts"],
          globalSetup: hasServer ? "test/support/server-template.ts" : "test/support/no-server.ts",
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
