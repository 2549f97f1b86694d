import { embedderFor } from "@noctuary/core/embedding/embedder-for";
import { recordable } from "@noctuary/core/errors";
import { llmFor } from "@noctuary/core/llm/llm-for";
import { type SettingName, settingDefinitions } from "@noctuary/core/setting-definitions";
import { budgetLimitsIn } from "@noctuary/core/settings";
import { asLedger } from "@noctuary/db/access";
import { budgetOverview, usersWithLimit } from "@noctuary/db/budget/budget-month";
import { type Diagnosis, diagnose } from "@noctuary/db/diagnosis";
import { schemaState } from "@noctuary/db/migrate";
import { attachmentOf, seenOfAttached } from "@noctuary/db/notes/attachment";
import { accountOf, type NoteState, type NotesInState, noteStates } from "@noctuary/db/notes/note-account";
import { attachedTable } from "../attach/attach-notes.ts";
import { EXIT } from "../exit.ts";
import { sayBudgets } from "../render/budget.ts";
import { sayCode } from "../render/codes.ts";
import { count, momentLine } from "../render/words.ts";
import { type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";

interface Check {
  name: string;
  ok: boolean;
  found: string;
  /** More of what was found, a line each. */
  details?: string[];
  /** What to do; only where it is not ok. */
  remedy?: string;
}

/** `noctuary doctor`: every setting with its origin, and whether the surroundings are as the jobs need them. */
export async function doctor(options: GlobalOptions, terminal: Terminal): Promise<number> {
  const session = await openSession(options, terminal, { needsSchema: false });
  try {
    const settings = shownSettings(session);
    const checks = await examine(session);
    terminal.json({ home: session.home, settings, checks });
    terminal.line(terminal.style("bold", "settings"));
    for (const { name, value, origin } of settings) {
      terminal.line(`  ${name.padEnd(20)} ${value.padEnd(24)} ${terminal.style("dim", origin)}`);
    }
    terminal.line();
    terminal.line(terminal.style("bold", "checks"));
    for (const { name, ok, found, details = [], remedy } of checks) {
      const mark = ok ? terminal.style("green", "ok") : terminal.style("red", "no");
      terminal.line(`  ${mark}  ${name.padEnd(22)} ${found}`);
      for (const detail of details) terminal.line(`      ${"".padEnd(22)} ${detail}`);
      if (!ok && remedy !== undefined) terminal.line(`      ${remedy}`);
    }
    return checks.every((check) => check.ok) ? EXIT.done : EXIT.failed;
  } finally {
    await session.close();
  }
}

function shownSettings({ settings, origins }: Session): { name: string; value: string; origin: string }[] {
  return (Object.keys(settingDefinitions) as SettingName[])
    .filter((name) => !name.startsWith("queue")) // on one machine the queues are this process's own
    .map((name) => {
      const value = settings[name];
      const isSecret = "isSecret" in settingDefinitions[name];
      const shown = value === undefined ? "not set" : isSecret ? "set (not shown)" : String(value);
      return { name, value: shown, origin: origins[name] };
    });
}

const MAX_CLOCK_SKEW_MS = 60_000;
const MIN_PGVECTOR = [0, 7] as const;
const MIN_POSTGRES = 15;

async function examine(session: Session): Promise<Check[]> {
  const checks: Check[] = [];
  let diagnosis: Diagnosis;
  try {
    diagnosis = await diagnose(session.db);
  } catch (error) {
    const { class: errorClass, code } = recordable(error);
    const remedy = "is the server running, is DATABASE_URL right, may this machine connect?";
    return [{ name: "database", ok: false, found: `${errorClass} ${code}`, remedy }];
  }
  const where = session.isEmbedded ? "embedded" : "server";
  checks.push(
    {
      name: "database",
      ok: diagnosis.postgresMajor >= MIN_POSTGRES,
      found: `PostgreSQL ${diagnosis.postgresVersion} (${where})`,
      remedy: `use PostgreSQL ${MIN_POSTGRES} or later`,
    },
    {
      name: "pgvector",
      ok: isAtLeast(diagnosis.pgvectorVersion, MIN_PGVECTOR),
      found: diagnosis.pgvectorVersion ?? "not installed",
      remedy: "install pgvector 0.7 or later: `create extension vector`, or ask your provider",
    },
    {
      name: "clock",
      ok: Math.abs(diagnosis.clockSkewMs) < MAX_CLOCK_SKEW_MS,
      found: `${Math.round(Math.abs(diagnosis.clockSkewMs))} ms from the database's`,
      remedy: "set this machine's clock (NTP): dates of runs and notes depend on it",
    },
  );
  const state = await schemaState(session.db);
  checks.push({
    name: "schema",
    ok: state === "current",
    found: state,
    remedy:
      state === "newer" ? "run the newer version of Noctuary that migrated it" : "run `noctuary migrate`",
  });
  if (state !== "current") return checks;
  const source = await noteSource(session);
  checks.push(...isolation(diagnosis), source);
  return source.ok ? [...checks, ...(await accounting(session)), await budgeting(session)] : checks;
}

function isolation(diagnosis: Diagnosis): Check[] {
  const { rolesThatBypass, unforcedTables, missingRoles } = diagnosis;
  return [
    {
      name: "roles",
      ok: missingRoles.length === 0 && rolesThatBypass.length === 0,
      found:
        missingRoles.length > 0
          ? `this login cannot take on ${missingRoles.join(", ")}`
          : rolesThatBypass.length > 0
            ? `${rolesThatBypass.join(", ")} can pass by row security`
            : "noctuary_user and noctuary_ledger cannot pass by row security",
      remedy:
        missingRoles.length > 0
          ? "as an administrator: `grant noctuary_user, noctuary_ledger to <this login>`"
          : "as an administrator: `alter role ... nosuperuser nobypassrls`",
    },
    {
      name: "row security",
      ok: unforcedTables.length === 0,
      found:
        unforcedTables.length === 0
          ? "forced on every table with user data"
          : `missing on ${unforcedTables.join(", ")}`,
      remedy: "somebody switched it off: `alter table noctuary.<table> force row level security`",
    },
  ];
}

/** What `noctuary.note` is made of, and whether it can be read: a migration of the app may have changed its table. */
async function noteSource({ db }: Session): Promise<Check> {
  const attachment = await db.drizzle.transaction((tx) => attachmentOf(tx));
  const table = attachedTable.safeParse(attachment?.request).data?.found.relation;
  const found =
    attachment === null
      ? "Noctuary's own table"
      : `${table ?? "a query"}, attached ${momentLine(attachment.attachedAt)}`;
  try {
    await asLedger(db, seenOfAttached);
    return { name: "note source", ok: true, found };
  } catch (error) {
    const remedy = "a migration of the app changed what its notes are read from: `noctuary attach` again";
    return {
      name: "note source",
      ok: false,
      found: `${found}: cannot be read (${recordable(error).code})`,
      remedy,
    };
  }
}

async function accounting(session: Session): Promise<Check[]> {
  const embedder = embedderFor(session.settings);
  const states = await asLedger(session.db, (tx) => noteStates(tx, embedder));
  const { notes, embedded, excluded, failed, pending } = accountOf(states);
  return [
    {
      name: "provider",
      ok: true,
      found: `${embedder.model}, ${embedder.dimensions} dimensions, ${embedder.leavesMachine ? "on another machine" : "on this machine"}`,
    },
    {
      name: "notes",
      ok: embedded + excluded + failed + pending === notes,
      found: `${count(notes, "note")}: ${embedded} embedded, ${excluded} excluded, ${failed} failed, ${pending} waiting for the next night`,
      details: states.filter(({ state }) => state !== "embedded").map(sayState),
      remedy: "some notes are in no state: please report this",
    },
  ];
}

/** Dollars a month. A model without a known price is not asked under a limit, which somebody must be told. */
async function budgeting({ db, settings }: Session): Promise<Check> {
  const set = budgetLimitsIn(settings);
  const { overview, hasOwnLimits } = await asLedger(db, async (tx) => ({
    overview: await budgetOverview(tx, set),
    hasOwnLimits: (await usersWithLimit(tx)) > 0,
  }));
  const { found, details, isSpent } = sayBudgets(overview, set);
  const isLimited = set.totalUsd !== null || set.userUsd !== null || hasOwnLimits;
  const unpriced = isLimited ? modelsWithoutPrice(settings) : [];
  if (unpriced.length > 0) {
    const remedy = `nobody knows what ${unpriced.map(({ model }) => model).join(" and ")} costs, so under a budget it is NOT ASKED: set ${unpriced.map(({ setting }) => setting).join(" and ")} (0 where it costs nothing)`;
    return { name: "budget", ok: false, found, details, remedy };
  }
  const remedy =
    "raise monthlyBudgetUsd, userMonthlyBudgetUsd or the user's own (user_setting.monthly_budget_usd), or wait for the next month";
  return { name: "budget", ok: !isSpent, found, details, remedy };
}

function modelsWithoutPrice(settings: Session["settings"]): { model: string; setting: string }[] {
  const embedder = embedderFor(settings);
  const llm = llmFor(settings);
  return [
    ...(embedder.priceUsd(1) === null ? [{ model: embedder.model, setting: "usdPerMillionTokens" }] : []),
    ...(llm !== null && llm.priceUsd({ input: 1, output: 1 }) === null
      ? [{ model: llm.model, setting: "llmUsdPerMillionInputTokens and llmUsdPerMillionOutputTokens" }]
      : []),
  ];
}

/** "2 failed: the provider refuses the text (provider_refused_400), since 26 Nov 2026, 02:00". */
function sayState({ state, reason, notes, since }: NotesInState): string {
  const word = state === "pending" ? "waiting" : state;
  const from = since === null ? "" : `, since ${momentLine(since)}`;
  return `${notes} ${word}: ${sayReason(state, reason)}${from}`;
}

function sayReason(state: NoteState, reason: string | null): string {
  if (state === "excluded") return reason === "user" ? "AI is off for their user" : "ai: false";
  if (state === "pending" && reason === "new") return "new";
  if (state === "pending" && reason === "changed") return "changed";
  return sayCode(reason ?? "unknown");
}

function isAtLeast(version: string | null, minimum: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = (version ?? "").split(".").map(Number);
  return major > minimum[0] || (major === minimum[0] && minor >= minimum[1]);
}
