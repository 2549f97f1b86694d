import type { IVpc, SecurityGroup, SubnetSelection } from "aws-cdk-lib/aws-ec2";
import type { DatabaseInstance } from "aws-cdk-lib/aws-rds";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Stack } from "sst/constructs";
import type { ExternalConfiguration } from "./configuration.ts";

/**
 * `migrate` owns the schema; `ledger` sees runs, tasks and ids of all users; `users` also takes on one user at a time.
 */
export type DatabaseLogin = "migrate" | "ledger" | "users";

/** How functions reach the database. */
export interface DatabaseAccess {
  /** By what a function does there: each secret's text is a database URL, or JSON as RDS writes it. */
  secrets: Readonly<Record<DatabaseLogin, ISecret>>;
  /** The logins that the stack makes, by the secret that holds their password; none where the database is not its own. */
  logins: Readonly<Partial<Record<DatabaseLogin, ISecret>>>;
  /** Where a function must be to reach it; without, anywhere. */
  network?: { vpc: IVpc; vpcSubnets: SubnetSelection; securityGroup: SecurityGroup };
  /** What is the stack's own. */
  instance?: DatabaseInstance;
}

/**
 * A database that is there already. Its URL is put into the secret before the first deploy and is not the stack's: a URL
 * in a template would be readable to everyone who may read templates.
 */
export function externalDatabase(stack: Stack, { separateLogins }: ExternalConfiguration): DatabaseAccess {
  const named = (id: string, name: string) =>
    Secret.fromSecretNameV2(stack, id, `noctuary/${stack.stage}/${name}`);
  const migrate = named("DatabaseSecret", "database-url");
  if (!separateLogins) return { secrets: { migrate, ledger: migrate, users: migrate }, logins: {} };
  return {
    secrets: {
      migrate,
      ledger: named("LedgerSecret", "database-ledger"),
      users: named("UsersSecret", "database-users"),
    },
    logins: {},
  };
}
