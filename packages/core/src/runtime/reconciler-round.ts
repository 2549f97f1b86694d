import { asLedger } from "@noctuary/db/access";
import { databaseNow } from "@noctuary/db/ledger/health";
import type { Context } from "../context.ts";
import { jobs } from "../jobs.ts";
import { measure, RECONCILER } from "../metrics.ts";
import { catchUp } from "./catch-up.ts";
import { type Reconciled, reconcile } from "./reconcile.ts";

/**
 * One round of the reconciler: starts the runs that are missing, puts lost messages and dead workers right, and says
 * that it was there. What is late is late by the database's clock, so that a machine whose own is wrong starts nothing
 * early.
 */
export async function reconcilerRound(context: Context, remainingMs: () => number): Promise<Reconciled> {
  const now = await asLedger(context.db, databaseNow);
  // In the order of the night: stacks wait for the clusters of the same date.
  for (const job of jobs) await catchUp(context, job, now);
  const reconciled = await reconcile(context, remainingMs);
  // Last: a round that fails on its way is none.
  measure(context.metrics, "ReconcilerRounds", 1, RECONCILER);
  return reconciled;
}
