import { BlockList, isIP } from "node:net";
import { jobs } from "@noctuary/core/jobs";
import { settingDefinitions } from "@noctuary/core/setting-definitions";
import * as z from "zod";

/** Longer ones make the names of queues and roles longer than AWS takes. */
const STAGE_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const MAX_STAGE_NAME = 20;
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;
/** The stage whose values every stage takes that the file does not name: a developer's own, for one. */
const MODEL_STAGE = "dev";

/** What CloudWatch Logs takes. */
const RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1_096, 1_827, 2_192, 2_557, 2_922, 3_288,
  3_653,
];

const wholeNumber = (least: number, most: number) => z.number().int().min(least).max(most);
const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, "must be a time of day such as 01:30");
const addressRange = z
  .string()
  .refine(isAddressRange, "must be an address or a range of addresses, such as 203.0.113.0/24");

const externalDatabase = z.strictObject({
  /** Supabase, Neon, your RDS: its URL stands in a secret that is yours. Neither VPC nor NAT. */
  kind: z.literal("external"),
  /** Connections that Noctuary may open of those that the server or its pooler has. */
  maxConnections: wholeNumber(2, 10_000).default(100),
  /** Functions log in apart from the owner, by two more secrets of yours: `database-ledger` and `database-users`. */
  separateLogins: z.boolean().default(false),
});

const rdsDatabase = z.strictObject({
  /** RDS Postgres with pgvector in private subnets, made by the stack. */
  kind: z.literal("rds"),
  /** Without `db.`. */
  instanceClass: z
    .string()
    .regex(/^[a-z0-9]+\.[a-z0-9]+$/, "must be a class such as t4g.small")
    .default("t4g.small"),
  maxConnections: wholeNumber(20, 5_000).default(100),
  storageGb: wholeNumber(20, 65_536).default(20),
  /** Grows by itself up to here. */
  maxStorageGb: wholeNumber(20, 65_536).default(100),
  multiAz: z.boolean().default(false),
  /** One serves both zones; a second one costs as much again and outlives the loss of a zone. */
  natGateways: wholeNumber(1, 2).default(1),
  backupDays: wholeNumber(1, 35).default(7),
  /** As long as it is on, neither `sst remove` nor a mistake removes the database. */
  deletionProtection: z.boolean().default(true),
});

const dollars = z.number().min(0, "must be dollars, 0 or more");

const job = z.strictObject({
  enabled: z.boolean().default(true),
  /** Local date since when: no night before it is made up for. Without it, since its first scheduled run. */
  since: z.iso.date("must be a date such as 2026-11-28").optional(),
});

const stageConfiguration = z.strictObject({
  database: z.discriminatedUnion("kind", [externalDatabase, rdsDatabase]).prefault({ kind: "external" }),
  /** Nothing leaves the account unless this says so; the keys stand in secrets. */
  provider: z
    .strictObject({
      embedder: z.enum(["lexical", "openai"]).default("lexical"),
      embeddingModel: z.string().min(1).max(200).optional(),
      dimensions: wholeNumber(2, 3_072).optional(),
      llm: z.enum(["none", "openai"]).default("none"),
      llmModel: z.string().min(1).max(200).optional(),
      /** Any OpenAI-compatible API. */
      baseUrl: z.url({ protocol: /^https$/, error: "must be an https:// address" }).optional(),
      llmBaseUrl: z.url({ protocol: /^https$/, error: "must be an https:// address" }).optional(),
      /** Dollars a calendar month, of all users together and of each. */
      monthlyBudgetUsd: dollars.optional(),
      userMonthlyBudgetUsd: dollars.optional(),
      /** Prices of models that are not known here: under a budget nobody asks them otherwise. */
      usdPerMillionTokens: dollars.optional(),
      llmUsdPerMillionInputTokens: dollars.optional(),
      llmUsdPerMillionOutputTokens: dollars.optional(),
    })
    .prefault({}),
  jobs: z.strictObject(Object.fromEntries(jobs.map(({ slug }) => [slug, job.prefault({})]))).prefault({}),
  /** Often while the nights run, seldom otherwise: a database that suspends itself must be able to sleep. */
  reconciler: z
    .strictObject({
      from: localTime.default("01:30"),
      to: localTime.default("07:00"),
      everyMinutes: wholeNumber(1, 30).default(5),
      /** Off these hours; null: not at all. */
      otherwiseEveryHours: wholeNumber(1, 12).nullable().default(1),
    })
    .refine(({ from, to }) => from < to, "from must be before to")
    .prefault({}),
  api: z
    .strictObject({
      /** Who may call; without an entry everybody who has the secret. */
      allow: z.array(addressRange).max(100).default([]),
      requestsPerSecond: wholeNumber(1, 1_000).default(5),
      burst: wholeNumber(1, 1_000).default(10),
      /** From then on the manual triggers answer 410 to everybody: once whatever called them has been switched off. */
      openUntil: settingDefinitions.cronRoutesUntil.schema,
    })
    .prefault({}),
  cronSecret: z
    .strictObject({
      /** Name of a secret that another manager (Doppler, for one) keeps: none is made here, and nothing rotates it. */
      existing: z.string().min(1).max(512).optional(),
      /** null: never. */
      rotateEveryDays: wholeNumber(1, 365).nullable().default(91),
      /** How long the secret before still opens the triggers. */
      overlapHours: z.number().min(0).max(8_760).default(168),
    })
    .refine(
      ({ rotateEveryDays, overlapHours }) => rotateEveryDays === null || overlapHours < rotateEveryDays * 24,
      "overlapHours must be less than the time between two rotations",
    )
    .prefault({}),
  logs: z
    .strictObject({
      level: z.enum(["DEBUG", "INFO", "WARN", "ERROR"]).default("INFO"),
      retentionDays: z
        .number()
        .refine((days) => RETENTION_DAYS.includes(days), `must be one of ${RETENTION_DAYS.join(", ")}`)
        .default(30),
    })
    .prefault({}),
  /** How long the audit and the list of runs are kept. */
  audit: z.strictObject({ retentionDays: wholeNumber(30, 3_650).default(365) }).prefault({}),
  alarms: z.strictObject({ emails: z.array(z.email()).max(20).default([]) }).prefault({}),
});

/** What a person writes of a stage: only what is to differ from the defaults. */
export type StageInput = z.input<typeof stageConfiguration>;

/** What a stage is, whole. */
export type StageConfiguration = z.output<typeof stageConfiguration>;
export type RdsConfiguration = z.output<typeof rdsDatabase>;
export type ExternalConfiguration = z.output<typeof externalDatabase>;

/** Says everything that is wrong with a stage at once. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
}

/**
 * The configuration of a stage; of one that `stages` does not name, that of `dev`.
 *
 * @throws {ConfigurationError} where the stage cannot be called so, or its values are wrong
 */
export function configurationOf(
  stage: string,
  stages: Readonly<Record<string, StageInput>>,
): StageConfiguration {
  checkStageName(stage);
  const named = Object.hasOwn(stages, stage) ? stage : MODEL_STAGE;
  const parsed = stageConfiguration.safeParse(stages[named] ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${[named, ...path].map(String).join(".")}: ${message}`,
  );
  throw new ConfigurationError(
    `the configuration of the stage ${stage} (stacks/stages.ts) is wrong:\n  ${problems.join("\n  ")}`,
  );
}

/**
 * What can be said of a place without asking AWS. `stage`: undefined where SST finds it elsewhere.
 *
 * @throws {ConfigurationError}
 */
export function checkDestination(stage: string | undefined, region: string): void {
  if (stage !== undefined) checkStageName(stage);
  if (REGION.test(region)) return;
  throw new ConfigurationError(
    `${JSON.stringify(region)} is not a region: set AWS_REGION, or --region, to one such as us-east-1`,
  );
}

function checkStageName(stage: string): void {
  if (STAGE_NAME.test(stage) && stage.length <= MAX_STAGE_NAME) return;
  throw new ConfigurationError(
    `a stage cannot be called ${JSON.stringify(stage)}: use up to ${MAX_STAGE_NAME} lower-case letters, digits and single hyphens, beginning with a letter, such as dev, staging or production`,
  );
}

function isAddressRange(text: string): boolean {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (bits === undefined) return true;
  try {
    if (!/^\d{1,3}$/.test(bits)) return false;
    new BlockList().addSubnet(address, Number(bits), family === 4 ? "ipv4" : "ipv6");
    return true;
  } catch {
    return false;
  }
}
