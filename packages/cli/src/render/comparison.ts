import type { Difference } from "@noctuary/core/comparison/compare-groupings";
import type { GateAnswer } from "@noctuary/core/comparison/decide-gate";
import type { ComparedCost, NightCost } from "@noctuary/db/comparison/compared-cost";
import type { UserComparison } from "../compare/compare-user.ts";
import type { Terminal } from "../terminal.ts";
import { sayStack, sayWeek } from "./list-differences.ts";
import { count, dollars } from "./words.ts";

const SHOWN = 12;

export function renderComparison(
  terminal: Terminal,
  { night, compared }: { night: string; compared: UserComparison[] },
): void {
  terminal.line(`night of ${night}`);
  for (const user of compared) {
    const { userId, clusters, notGrouped, stacks, insights } = user;
    const { groups, notes, ari, alike, differences } = clusters;
    terminal.line();
    terminal.line(
      terminal.style("bold", `${userId}: agreement ${ari.toFixed(3)} over ${count(notes.both, "note")}`),
    );
    terminal.line(
      `  clusters: theirs ${groups.theirs}, ours ${groups.ours}; ${alike} of theirs ${alike === 1 ? "has" : "have"} one of ours that is about the same`,
    );
    for (const difference of differences.slice(0, SHOWN)) terminal.line(`    ${sayDifference(difference)}`);
    if (differences.length > SHOWN)
      terminal.line(`    and ${differences.length - SHOWN} more: --json lists them all`);
    if (notes.onlyTheirs.length > 0)
      terminal.line(
        `  ${count(notes.onlyTheirs.length, "note")} only they have grouped: ${Object.entries(notGrouped)
          .map(([why, n]) => `${n} ${WHY[why] ?? why}`)
          .join(", ")}`,
      );
    if (notes.onlyOurs.length > 0)
      terminal.line(`  ${count(notes.onlyOurs.length, "note")} only we have grouped`);
    if (stacks.theirs + stacks.ours > 0)
      terminal.line(
        `  stacks: theirs ${stacks.theirs}, ours ${stacks.ours}; ${stacks.alike} about the same notes`,
      );
    for (const difference of user.stackDifferences.slice(0, SHOWN))
      terminal.line(`    ${sayStack(difference)}`);
    if (insights.theirs + insights.ours > 0)
      terminal.line(
        `  weeks told: theirs ${insights.theirs}, ours ${insights.ours}; ${insights.weeksOfBoth} by both, ${insights.alike} from about the same notes`,
      );
    for (const week of user.weekDifferences.slice(-SHOWN)) terminal.line(`    ${sayWeek(week)}`);
  }
}

export interface ToldNight extends ComparedCost {
  ari: number;
  users: number;
}

/** Every night that was compared so far, with what it took on either side. */
export function renderNights(terminal: Terminal, nights: readonly ToldNight[]): void {
  terminal.line();
  terminal.line(terminal.style("bold", "night by night"));
  for (const { date, ari, users, theirs, ours } of nights)
    terminal.line(
      `  ${date}  agreement ${ari.toFixed(3)}, ${count(users, "user")}; theirs ${sayCost(theirs)}; ours ${sayCost(ours)}`,
    );
}

const WHY: Record<string, string> = {
  unknown: "not among the notes that we see",
  deleted: "deleted",
  excluded: "kept out",
  failed: "could not be embedded",
  waiting: "wait for the next night",
};

/** "Git (40 notes) is split here: Git hooks 45 %, Git rebase 40 %". */
export function sayDifference({ kind, name, id, notes, places }: Difference): string {
  const what = `${name === "" ? id : name} (${count(notes, "note")})`;
  const where = places.map(
    (place) => `${place.name === "" ? "a topic" : place.name} ${Math.round(place.share * 100)} %`,
  );
  switch (kind) {
    case "split":
      return `${what} is split here: ${where.join(", ")}`;
    case "merged":
      return `${what} is part of something larger here: ${where.join(", ")}`;
    case "scattered":
      return where.length === 0
        ? `${what} is scattered here`
        : `${what} is scattered here: ${where.join(", ")}, and more`;
    case "absent":
      return `${what} has no note that we have grouped`;
  }
}

export function renderGate(
  terminal: Terminal,
  { passed, nights, why }: GateAnswer,
  gate: { least: number; nights: number },
): void {
  terminal.line();
  if (passed)
    terminal.line(
      terminal.style("green", `Gate passed: ${count(gate.nights, "night")} of at least ${gate.least}.`),
    );
  else if (why === "too-few-nights")
    terminal.line(
      terminal.style(
        "red",
        `Gate not passed: ${nights.length} of ${count(gate.nights, "night")} compared so far.`,
      ),
    );
  else terminal.line(terminal.style("red", `Gate not passed: a night agrees less than ${gate.least}.`));
}

/** "1.2 s, $0.00". */
export function sayCost({ seconds, costUsd }: NightCost): string {
  if (seconds === null) return `time unknown, ${dollars(costUsd)}`;
  return `${seconds < 0.05 ? "under 0.1" : seconds.toFixed(1)} s, ${dollars(costUsd)}`;
}
