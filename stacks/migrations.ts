import { Script } from "sst/constructs";
import { MIGRATIONS_AT_ONCE } from "./connections.ts";
import { PROVIDER_PACKAGE, TOKENIZER_PACKAGE, WAITING_MB } from "./functions.ts";
import { idOf, lambda, mayRead, type Surroundings } from "./lambda.ts";

/** The longest that a function may run: a migration of a large table is waited for. */
const TIMEOUT_SECONDS = 900;

/**
 * The step of a deploy that brings the schema up to this version. It runs before the other functions are updated and
 * fails the deploy, so that no function meets a schema that it does not know.
 */
export function migrations(where: Surroundings): Script {
  const { stack, database } = where;
  const logins = Object.entries(database.logins);
  const migrate = lambda(where, "migrate", {
    handler: "functions/src/migrate.handler",
    timeoutSeconds: TIMEOUT_SECONDS,
    memoryMb: WAITING_MB,
    database: "migrate",
    leftOut: [PROVIDER_PACKAGE, TOKENIZER_PACKAGE],
    grants: logins.map(([, secret]) => mayRead(secret)),
    reservedConcurrency: MIGRATIONS_AT_ONCE,
    retryAttempts: 0,
    isLive: false,
    // Where the bundle finds them beside itself, as packages/db does beside its sources.
    copyFiles: [{ from: "packages/db/migrations", to: "functions/migrations" }],
  });
  return new Script(stack, "Migration", {
    onCreate: migrate,
    onUpdate: migrate,
    params: { logins: Object.fromEntries(logins.map(([login, secret]) => [login, idOf(secret)])) },
  });
}
