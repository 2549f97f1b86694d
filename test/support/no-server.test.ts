import { test } from "vitest";

test.skip("the database tests on a server Postgres: NOCTUARY_TEST_DATABASE_URL is not set", () => {});
