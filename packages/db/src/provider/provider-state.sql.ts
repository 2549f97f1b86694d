import { doublePrecision, integer, text } from "drizzle-orm/pg-core";
import { instant, noctuary } from "../columns.ts";

/** What the whole fleet knows of one endpoint and model: whether it answers, and how much it may be asked. */
export const providerState = noctuary.table("provider_state", {
  /** The endpoint's URL without its query, a blank, the model. */
  key: text("key").primaryKey(),
  /** Failures since the last answer. */
  failures: integer("failures").notNull().default(0),
  /** What the last of them was. */
  failureCode: text("failure_code"),
  /** The breaker is open until then; after that one probe at a time is let through. null: closed. */
  openUntil: instant("open_until"),
  /** Until when the worker that probes has the only request; should it die, another one probes after that. */
  probeUntil: instant("probe_until"),
  /** The provider asked to be left alone until then. */
  blockedUntil: instant("blocked_until"),
  /** What the provider says that it takes a minute. */
  tokensPerMinute: doublePrecision("tokens_per_minute"),
  requestsPerMinute: doublePrecision("requests_per_minute"),
  /** The moment at which what was promised so far has been earned, at the pace of the budget. */
  tokensAt: instant("tokens_at"),
  requestsAt: instant("requests_at"),
});
