import { budgetLimitsIn } from "@noctuary/core/settings";
import { asLedger } from "@noctuary/db/access";
import { type UsageRow, usageSince } from "@noctuary/db/account/account";
import { budgetOverview } from "@noctuary/db/budget/budget-month";
import Table from "cli-table3";
import { EXIT, UsageError } from "../exit.ts";
import { sayBudgets } from "../render/budget.ts";
import { count, dollars } from "../render/words.ts";
import { type GlobalOptions, openSession } from "../session.ts";
import { plainTable, type Terminal } from "../terminal.ts";

export interface UsageOptions extends GlobalOptions {
  since?: string;
}

const SHOWN_DAYS = 30;

/** `noctuary usage`: what providers were asked and paid, by user, day and model. */
export async function usage(options: UsageOptions, terminal: Terminal): Promise<number> {
  const since = firstDay(options);
  const session = await openSession(options, terminal);
  try {
    const rows = await asLedger(session.db, (tx) => usageSince(tx, { since, userId: options.user }));
    terminal.json(rows);
    renderUsage(terminal, rows, since);
    const set = budgetLimitsIn(session.settings);
    const overview = await asLedger(session.db, (tx) => budgetOverview(tx, set));
    if (set.totalUsd !== null || overview.users.length > 0) {
      const { found, details } = sayBudgets(overview, set);
      for (const line of [`Budget: ${found}`, ...details.map((detail) => `  ${detail}`)]) terminal.line(line);
    }
    return EXIT.done;
  } finally {
    await session.close();
  }
}

function firstDay({ since }: UsageOptions): string {
  if (since === undefined) {
    return new Date(Date.now() - SHOWN_DAYS * 86_400_000).toISOString().slice(0, 10);
  }
  const day = /^\d{4}-\d{2}-\d{2}$/.test(since) ? new Date(`${since}T00:00:00Z`) : undefined;
  // A day that does not exist becomes another one, or none.
  if (day === undefined || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== since) {
    throw new UsageError(`--since ${since}: write a date, such as 2026-11-01`);
  }
  return since;
}

function renderUsage(terminal: Terminal, rows: UsageRow[], since: string): void {
  if (rows.length === 0) {
    terminal.line(`Nothing was asked of an embedder since ${since}.`);
    return;
  }
  const hasSeveralUsers = new Set(rows.map(({ userId }) => userId)).size > 1;
  const userCell = (name: string) => (hasSeveralUsers ? [name] : []);
  const number = (n: number) => n.toLocaleString("en");
  const table = new Table(
    plainTable(["day", ...userCell("user"), "model", "inputs", "requests", "tokens", "cost"]),
  );
  for (const { day, userId, model, inputs, requests, tokens, costUsd } of rows) {
    table.push([
      day,
      ...userCell(userId === "" ? "(forgotten)" : userId),
      model,
      number(inputs),
      number(requests),
      number(tokens),
      dollars(costUsd),
    ]);
  }
  terminal.line(table.toString());
  const sum = (of: (row: UsageRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const known = dollars(sum(({ costUsd }) => costUsd ?? 0));
  const hasUnknown = rows.some(({ costUsd }) => costUsd === null);
  terminal.line(
    `Since ${since}: ${count(
      sum(({ requests }) => requests),
      "request",
    )}, ${count(
      sum(({ tokens }) => tokens),
      "token",
    )}, ${hasUnknown ? `${known} and what has no known price` : known}`,
  );
}
