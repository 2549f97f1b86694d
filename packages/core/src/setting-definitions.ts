import * as z from "zod";

export interface Setting<Schema extends z.ZodType = z.ZodType> {
  /** The environment variable that sets it. */
  env: string;
  schema: Schema;
  description: string;
  /** Never shown, only whether it is set. */
  isSecret?: true;
}

const setting = <Schema extends z.ZodType>(definition: Setting<Schema>) => definition;

const queueUrl = (env: string, queue: string) =>
  setting({ env, schema: z.url().optional(), description: `URL of the queue ${queue}` });

const perMinute = (env: string, what: string, whom: string) =>
  setting({
    env,
    schema: z.coerce.number().int().min(1).max(1e12).optional(),
    description: `${what} a minute that ${whom} is asked for, by all workers together; the provider's own limit, where it says one and it is lower`,
  });

/** What a header can carry in one word, and too long to be guessed. */
const cronSecret = z
  .string()
  .regex(/^[\x21-\x7e]{16,512}$/, "must be 16 to 512 visible ASCII characters without a space");

/** The jobs that have a schedule. Not from the index of jobs, which holds the code of all of them. */
export const JOB_NAMES = ["nightly-cluster", "nightly-stacks", "weekly-insights"] as const;
const jobSince = `(?:${JOB_NAMES.join("|")})(?:=\\d{4}-\\d{2}-\\d{2})?`;

/** Every setting of the program, once: the settings file, the environment and the flags all name the same ones. */
export const settingDefinitions = {
  databaseUrl: setting({
    env: "DATABASE_URL",
    schema: z
      .string()
      .regex(/^postgres(ql)?:\/\//, "must begin with postgres:// or postgresql://")
      .optional(),
    description: "server Postgres with pgvector; without it the embedded database in the home folder is used",
    isSecret: true,
  }),
  databaseSecretId: setting({
    env: "DATABASE_SECRET_ID",
    schema: z.string().min(1).max(2048).optional(),
    description:
      "name or ARN of the Secrets Manager secret whose text is the database URL, for functions on AWS",
  }),
  databaseCa: setting({
    env: "DATABASE_CA",
    schema: z.string().startsWith("-----BEGIN CERTIFICATE-----").optional(),
    description: "PEM of the authorities that the database's certificate is checked against",
  }),
  databaseConnections: setting({
    env: "DATABASE_CONNECTIONS",
    schema: z.coerce.number().int().min(1).max(100).default(4),
    description: "connections of one process at most",
  }),
  embedder: setting({
    env: "NOCTUARY_EMBEDDER",
    schema: z.enum(["lexical", "openai"]).default("lexical"),
    description: "who turns notes into vectors; lexical runs on this machine and calls nobody",
  }),
  openaiBaseUrl: setting({
    env: "OPENAI_BASE_URL",
    schema: z.url({ protocol: /^https?$/ }).default("https://api.openai.com/v1"),
    description: "any OpenAI-compatible API (Ollama, vLLM, a gateway); used only with the embedder openai",
  }),
  openaiApiKey: setting({
    env: "OPENAI_API_KEY",
    schema: z.string().min(1).optional(),
    description: "its key; alone it switches nothing on",
    isSecret: true,
  }),
  openaiSecretId: setting({
    env: "OPENAI_SECRET_ID",
    schema: z.string().min(1).max(2048).optional(),
    description: "name or ARN of the Secrets Manager secret whose text is its key, for functions on AWS",
  }),
  embeddingModel: setting({
    env: "NOCTUARY_EMBEDDING_MODEL",
    schema: z.string().min(1).max(200).default("text-embedding-3-small"),
    description: "the model of the embedder openai",
  }),
  requestsInFlight: setting({
    env: "NOCTUARY_REQUESTS_IN_FLIGHT",
    schema: z.coerce.number().int().min(1).max(64).default(4),
    description: "requests to the provider at once, of one worker",
  }),
  maxInputTokens: setting({
    env: "NOCTUARY_MAX_INPUT_TOKENS",
    schema: z.coerce.number().int().min(16).max(1_000_000).default(8_192),
    description: "longer notes are split and their vectors pooled; local models often take 512 or 2048",
  }),
  usdPerMillionTokens: setting({
    env: "NOCTUARY_USD_PER_MILLION_TOKENS",
    schema: z.coerce.number().min(0).optional(),
    description: "the model's price, where it is not a known one",
  }),
  llm: setting({
    env: "NOCTUARY_LLM",
    schema: z.enum(["none", "openai"]).default("none"),
    description:
      "the language model that names and narrates; none: plain names and templates, and nobody is called",
  }),
  llmModel: setting({
    env: "NOCTUARY_LLM_MODEL",
    schema: z.string().min(1).max(200).default("gpt-4.1-mini"),
    description: "its model",
  }),
  llmBaseUrl: setting({
    env: "NOCTUARY_LLM_BASE_URL",
    schema: z.url({ protocol: /^https?$/ }).optional(),
    description: "any OpenAI-compatible API with chat completions; without it, the embedder's",
  }),
  llmApiKey: setting({
    env: "NOCTUARY_LLM_API_KEY",
    schema: z.string().min(1).optional(),
    description: "its key; without it the embedder's, where both have one host. Alone it switches nothing on",
    isSecret: true,
  }),
  llmSecretId: setting({
    env: "NOCTUARY_LLM_SECRET_ID",
    schema: z.string().min(1).max(2048).optional(),
    description: "name or ARN of the Secrets Manager secret whose text is its key, for functions on AWS",
  }),
  llmTimeoutMs: setting({
    env: "NOCTUARY_LLM_TIMEOUT_MS",
    schema: z.coerce.number().int().min(1_000).max(600_000).default(60_000),
    description: "how long one answer may take, in milliseconds; models on one's own machine may need more",
  }),
  llmUsdPerMillionInputTokens: setting({
    env: "NOCTUARY_LLM_USD_PER_MILLION_INPUT_TOKENS",
    schema: z.coerce.number().min(0).optional(),
    description: "the price of what is sent to it, where its model is not a known one",
  }),
  llmUsdPerMillionOutputTokens: setting({
    env: "NOCTUARY_LLM_USD_PER_MILLION_OUTPUT_TOKENS",
    schema: z.coerce.number().min(0).optional(),
    description: "the price of what it answers",
  }),
  tokensPerMinute: perMinute("NOCTUARY_TOKENS_PER_MINUTE", "tokens", "the embedder"),
  requestsPerMinute: perMinute("NOCTUARY_REQUESTS_PER_MINUTE", "requests", "the embedder"),
  llmTokensPerMinute: perMinute("NOCTUARY_LLM_TOKENS_PER_MINUTE", "tokens", "the language model"),
  llmRequestsPerMinute: perMinute("NOCTUARY_LLM_REQUESTS_PER_MINUTE", "requests", "the language model"),
  monthlyBudgetUsd: setting({
    env: "NOCTUARY_MONTHLY_BUDGET_USD",
    schema: z.coerce.number().min(0).max(1e9).optional(),
    description:
      "dollars that providers may cost in a calendar month (UTC), all users together: at four fifths of it no language model is asked any more, at the end of it nothing new is embedded",
  }),
  userMonthlyBudgetUsd: setting({
    env: "NOCTUARY_USER_MONTHLY_BUDGET_USD",
    schema: z.coerce.number().min(0).max(1e9).optional(),
    description: "the same for each user; user_setting.monthly_budget_usd goes before it",
  }),
  providerConsent: setting({
    env: "NOCTUARY_PROVIDER_CONSENT",
    schema: z
      .union([z.boolean(), z.enum(["true", "false"]).transform((word) => word === "true")])
      .default(false),
    description: "true: notes may be sent to the provider without asking on the terminal",
  }),
  dimensions: setting({
    env: "NOCTUARY_DIMENSIONS",
    schema: z.coerce.number().int().min(2).max(3072).default(512),
    description: "length of a vector",
  }),
  embedBatchNotes: setting({
    env: "NOCTUARY_EMBED_BATCH_NOTES",
    schema: z.coerce.number().int().min(1).max(1_000_000).default(50_000),
    description: "notes in one embed task at most",
  }),
  planPageNotes: setting({
    env: "NOCTUARY_PLAN_PAGE_NOTES",
    schema: z.coerce.number().int().min(1).max(50_000).default(5_000),
    description: "notes that the plan compares in one query",
  }),
  retryBaseMs: setting({
    env: "NOCTUARY_RETRY_BASE_MS",
    schema: z.coerce.number().int().min(1).max(600_000).default(1_000),
    description: "first wait before a failed task is tried again, in milliseconds",
  }),
  resendAfterMs: setting({
    env: "NOCTUARY_RESEND_AFTER_MS",
    schema: z.coerce.number().int().min(0).max(86_400_000).default(900_000),
    description:
      "how long the reconciler leaves a message to its queue before it sends it again, in milliseconds",
  }),
  providerWaitMs: setting({
    env: "NOCTUARY_PROVIDER_WAIT_MS",
    schema: z.coerce.number().int().min(0).max(86_400_000).default(21_600_000),
    description:
      "how long after its start a run still waits for a provider that asks to be left alone, in milliseconds",
  }),
  clusterWaitMs: setting({
    env: "NOCTUARY_CLUSTER_WAIT_MS",
    schema: z.coerce.number().int().min(0).max(86_400_000).default(7_200_000),
    description:
      "how long a user's stacks and insights wait for that user's clusters of the same night, in milliseconds",
  }),
  stacksPerNight: setting({
    env: "NOCTUARY_STACKS_PER_NIGHT",
    schema: z.coerce.number().int().min(1).max(50).default(5),
    description: "stacks of one user at most; what somebody keeps is not counted",
  }),
  retentionDays: setting({
    env: "NOCTUARY_RETENTION_DAYS",
    // Not less than the four weeks for which missed Sundays are made up, and not less than the database allows.
    schema: z.coerce.number().int().min(30).max(3_650).default(365),
    description: "how many days the audit and the list of runs are kept; both hold ids of users and notes",
  }),
  eventBus: setting({
    env: "NOCTUARY_EVENT_BUS",
    schema: z.string().min(1).max(1600).optional(),
    description: "name or ARN of the EventBridge bus that hears of new insights, for functions on AWS",
  }),
  eventLog: setting({
    env: "NOCTUARY_EVENT_LOG",
    schema: z.string().min(1).optional(),
    description: "file that hears of new insights, one JSON line an event; on this machine HOME/events.jsonl",
  }),
  enabledJobs: setting({
    env: "NOCTUARY_ENABLED_JOBS",
    schema: z
      .string()
      .regex(
        new RegExp(`^(?:none|${jobSince}(?:,${jobSince})*)$`),
        `must be none, or some of ${JOB_NAMES.join(", ")}, each with a local date where it has one: nightly-cluster=2026-11-28,nightly-stacks`,
      )
      .optional(),
    description:
      "jobs whose missed runs the reconciler makes up for, each with the local date since when (without one: since its first scheduled run); none: no job's",
  }),
  gaugesEveryMs: setting({
    env: "NOCTUARY_GAUGES_EVERY_MS",
    schema: z.coerce.number().int().min(0).max(86_400_000).default(240_000),
    description: "how often one reconciler takes the gauges that alarms watch, in milliseconds",
  }),
  logLevel: setting({
    env: "NOCTUARY_LOG_LEVEL",
    schema: z.enum(["DEBUG", "INFO", "WARN", "ERROR", "CRITICAL"]).default("INFO"),
    description: "what is logged",
  }),
  logFile: setting({
    env: "NOCTUARY_LOG_FILE",
    schema: z.string().min(1).optional(),
    description: "where the log goes; without it, to standard output",
  }),
  cronSecret: setting({
    env: "CRON_SECRET",
    schema: cronSecret.optional(),
    description: "opens the manual triggers (/api/cron/*) where no secret store does",
    isSecret: true,
  }),
  cronSecretPrevious: setting({
    env: "CRON_SECRET_PREVIOUS",
    schema: cronSecret.optional(),
    description: "the secret before, as long as it should still open them; taking it away revokes it",
    isSecret: true,
  }),
  cronRoutesUntil: setting({
    env: "NOCTUARY_CRON_ROUTES_UNTIL",
    schema: z
      .union([z.iso.datetime({ offset: true }), z.iso.date()], {
        error:
          "must be a date or an instant with its offset, such as 2027-01-31 or 2027-01-31T07:00:00-05:00",
      })
      .optional(),
    description: "from then on the manual triggers are closed to everybody, and their secret can go",
  }),
  cronSecretId: setting({
    env: "CRON_SECRET_ID",
    schema: z.string().min(1).max(2048).optional(),
    description: "name or ARN of the Secrets Manager secret that opens them, for functions on AWS",
  }),
  cronSecretOverlapHours: setting({
    env: "CRON_SECRET_OVERLAP_HOURS",
    schema: z.coerce.number().min(0).max(8_760).default(168),
    description: "how long after a rotation the secret before still opens them",
  }),
  queueNightlyCluster: queueUrl("QUEUE_URL_NIGHTLY_CLUSTER", "nightly-cluster"),
  queueEmbed: queueUrl("QUEUE_URL_EMBED", "embed"),
  queueCluster: queueUrl("QUEUE_URL_CLUSTER", "cluster"),
  queueNightlyStacks: queueUrl("QUEUE_URL_NIGHTLY_STACKS", "nightly-stacks"),
  queueStacks: queueUrl("QUEUE_URL_STACKS", "stacks"),
  queueWeeklyInsights: queueUrl("QUEUE_URL_WEEKLY_INSIGHTS", "weekly-insights"),
  queueInsights: queueUrl("QUEUE_URL_INSIGHTS", "insights"),
};

export type SettingName = keyof typeof settingDefinitions;
