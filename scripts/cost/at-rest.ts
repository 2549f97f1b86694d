import { queues } from "@noctuary/core/jobs";
import { alarmList } from "../../stacks/alarm-list.ts";
import { configurationOf, type StageInput } from "../../stacks/configuration.ts";
import { dashboardBody, metricsOf } from "../../stacks/dashboard-body.ts";
import { WATCHED_FUNCTIONS } from "../../stacks/observability.ts";
import type { Place } from "../../stacks/place.ts";
import { HOURS_A_MONTH, prices } from "./prices.ts";

/** One line of a bill. */
export interface CostLine {
  what: string;
  /** How much of it, in words. */
  amount: string;
  usd: number;
}

const DAYS_A_MONTH = HOURS_A_MONTH / 24;
const MILLION = 1_000_000;
const GIGABYTE = 1_000_000_000;

/** Lambda's event source asks a standard queue with five pollers, each of which waits twenty seconds for an answer. */
const POLLERS = 5;
const POLL_SECONDS = 20;
/** A round that finds nothing: half a gigabyte for two seconds, and what it says. */
const ROUND = { gbSeconds: 1, logBytes: 15_000 };
/** Hours of a day in which jobs run: what they tell is paid for those alone. */
const NIGHT_HOURS = 3;

/** What a stage costs a month while nobody writes a note. */
export function costsAtRest(input: StageInput): CostLine[] {
  const configuration = configurationOf("production", { production: input });
  const isRds = configuration.database.kind === "rds";
  const place: Place = {
    named: (name) => name,
    configuration,
    functions: WATCHED_FUNCTIONS,
    databaseInstance: isRds ? "instance" : null,
  };
  const { always, nightly } = metricSeries(place);
  const rounds = Math.round(roundsADay(configuration.reconciler) * DAYS_A_MONTH);
  const polls = (queues().length * POLLERS * HOURS_A_MONTH * 3_600) / POLL_SECONDS;
  const alarms = alarmList(place).length;
  const secrets = secretsOf(isRds);
  return [
    line("Metrics of the reconciler", `${always} series, all month`, always * prices.customMetric),
    line(
      "Metrics of the nights",
      `${nightly} series, ${NIGHT_HOURS} hours a day`,
      (nightly * prices.customMetric * NIGHT_HOURS) / 24,
    ),
    line("Alarms", `${alarms}`, alarms * prices.alarmMonth),
    line("Dashboard", "1", prices.dashboardMonth),
    line("Secrets", `${secrets}`, secrets * prices.secretMonth),
    line(
      "Queues, asked by their functions",
      `${(polls / MILLION).toFixed(1)} million requests`,
      (polls / MILLION) * prices.sqsMillionRequests,
    ),
    line(
      "Rounds of the reconciler",
      `${rounds.toLocaleString("en")}`,
      rounds * ROUND.gbSeconds * prices.lambdaGbSecond +
        (rounds / MILLION) * (prices.lambdaMillionRequests + prices.schedulerMillionStarts),
    ),
    line(
      "Logs",
      `${((rounds * ROUND.logBytes) / GIGABYTE).toFixed(2)} GB`,
      ((rounds * ROUND.logBytes) / GIGABYTE) * prices.logsGb,
    ),
    ...(configuration.database.kind === "rds" ? rdsLines(configuration.database) : []),
  ];
}

function rdsLines({
  instanceClass,
  storageGb,
  multiAz,
  natGateways,
}: {
  instanceClass: string;
  storageGb: number;
  multiAz: boolean;
  natGateways: number;
}): CostLine[] {
  const hour = prices.rdsHour[instanceClass];
  if (hour === undefined) throw new RangeError(`scripts/cost/prices.ts has no price of db.${instanceClass}`);
  const instances = multiAz ? 2 : 1;
  return [
    line(
      `RDS db.${instanceClass}, ${multiAz ? "two zones" : "one zone"}`,
      `${HOURS_A_MONTH} hours`,
      hour * instances * HOURS_A_MONTH,
    ),
    line("Its storage", `${storageGb} GB`, storageGb * instances * prices.rdsStorageGbMonth),
    line(
      "NAT gateway",
      natGateways === 1 ? "1" : `${natGateways}`,
      natGateways * HOURS_A_MONTH * (prices.natHour + prices.publicAddressHour),
    ),
  ];
}

/** Series of our own metrics that are told around the clock, and those that only nights tell. */
export function metricSeries(place: Place): { always: number; nightly: number } {
  const key = (one: { name: string; dimensions: object }) => JSON.stringify([one.name, one.dimensions]);
  const body = dashboardBody(place, { region: "", account: "" });
  const watched = [...metricsOf(body), ...alarmList(place).map(({ metric }) => metric)];
  const own = new Map(
    watched.filter(({ namespace }) => namespace === "Noctuary").map((one) => [key(one), one] as const),
  );
  const always = [...own.values()].filter(({ name, dimensions }) => isToldByReconciler(name, dimensions));
  return { always: always.length, nightly: own.size - always.length };
}

const GAUGES = new Set([
  "HoursSinceSuccess",
  "ConsecutiveFailures",
  "SlowRatio",
  "OpenRunHours",
  "OpenRuns",
  "FailedTasks",
  "OldestTaskMinutes",
  "NotesWithheld",
  "TopicSizeDrift",
  "NewestVerificationRate",
]);

function isToldByReconciler(name: string, { step }: { step?: string }): boolean {
  return GAUGES.has(name) || step === "reconciler";
}

/** The triggers' secret and the database's logins; the stack's own database has its owner's besides. */
function secretsOf(isRds: boolean): number {
  return isRds ? 4 : 2;
}

function roundsADay({
  from,
  to,
  everyMinutes,
  otherwiseEveryHours,
}: {
  from: string;
  to: string;
  everyMinutes: number;
  otherwiseEveryHours: number | null;
}): number {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
  const night = minutes(to) - minutes(from);
  const day = otherwiseEveryHours === null ? 0 : (24 * 60 - night) / 60 / otherwiseEveryHours;
  return night / everyMinutes + day;
}

export function line(what: string, amount: string, usd: number): CostLine {
  return { what, amount, usd };
}
