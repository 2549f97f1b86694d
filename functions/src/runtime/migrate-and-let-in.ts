import type { Logger } from "@noctuary/core/context";
import { recordable } from "@noctuary/core/errors";
import { type Settings, SettingsError } from "@noctuary/core/settings";
import { openDatabase } from "@noctuary/db/database";
import { ensureLogin, type Login } from "@noctuary/db/login";
import { type MigrationReport, migrate, SchemaError } from "@noctuary/db/migrate";
import * as z from "zod";
import { databaseCredentials, databaseSecret } from "./database-secret.ts";

/** What each login that the stack makes may take on. */
const rolesOf = {
  ledger: ["noctuary_ledger"],
  users: ["noctuary_ledger", "noctuary_user"],
} as const satisfies Record<string, Login["roles"]>;

/** What the deploy sends: the secrets of the logins that are to be made, where the database is the stack's own. */
const migrateEvent = z.object({
  params: z
    .object({ logins: z.partialRecord(z.enum(["ledger", "users"]), z.string().min(1)).default({}) })
    .default({ logins: {} }),
});

/** Says in one sentence what a deploy failed of; the driver's own message could hold a part of a row. */
class MigrationFailed extends Error {
  override readonly name = "MigrationFailed";
  constructor(message: string) {
    super(message);
    this.stack = this.message;
  }
}

/**
 * A step of the deploy: brings the schema up to this version, and makes the logins that the functions use.
 *
 * @throws {MigrationFailed} whose sentence the deploy shows
 */
export async function migrateAndLetIn(
  event: unknown,
  { databaseSecretId, databaseCa }: Pick<Settings, "databaseSecretId" | "databaseCa">,
  logger: Logger,
): Promise<MigrationReport> {
  const { logins } = migrateEvent.parse(event).params;
  if (databaseSecretId === undefined) throw new SettingsError("DATABASE_SECRET_ID is not set");
  const db = openDatabase({
    url: await databaseSecret(databaseSecretId)(),
    maxConnections: 1,
    ...(databaseCa === undefined ? {} : { certificateAuthority: databaseCa }),
  });
  try {
    const report = await migrate(db);
    for (const [login, secretId] of Object.entries(logins)) {
      const { username, password } = await databaseCredentials(secretId);
      await ensureLogin(db, { name: username, password, roles: rolesOf[login as keyof typeof rolesOf] });
    }
    logger.info("migrated", { applied: report.applied, total: report.total });
    return report;
  } catch (error) {
    if (error instanceof SettingsError) throw error;
    const { class: errorClass, code } = recordable(error);
    logger.error("migration failed", { errorClass, errorCode: code });
    throw new MigrationFailed(
      error instanceof SchemaError
        ? error.message
        : `the database could not be migrated (${errorClass} ${code}): is the URL in the secret right, does the server run, may this login create a schema?`,
    );
  } finally {
    await db.close();
  }
}
