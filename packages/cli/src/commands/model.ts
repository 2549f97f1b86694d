import { agreementOf } from "@noctuary/core/comparison/decide-gate";
import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
import { costOfTrials, type NightCost } from "@noctuary/db/comparison/compared-cost";
import { type ComparedNight, comparedNights } from "@noctuary/db/comparison/compared-night";
import {
  dropVectors,
  type EmbeddingTrial,
  embeddingTrial,
  endTrial,
  modelsInUse,
} from "@noctuary/db/notes/embedding-trial";
import { users } from "@noctuary/db/notes/note";
import type { EmbeddingModel } from "@noctuary/db/notes/note-changes";
import { CommandError, EXIT, UsageError } from "../exit.ts";
import { renderGate, sayCost } from "../render/comparison.ts";
import { count } from "../render/words.ts";
import { type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { askGate, gateOf } from "./compare.ts";

export interface ModelOptions extends GlobalOptions {
  gate?: string;
  nights?: string;
}

const PAGE = 500;
const NIGHTS_SHOWN = 10;
/** Those of whom most would change. */
const USERS_SHOWN = 5;

/** `noctuary model [keep|drop]`: the trial of another embedding model, and its end. */
export async function model(
  word: string | undefined,
  options: ModelOptions,
  terminal: Terminal,
): Promise<number> {
  if (word !== undefined && word !== "keep" && word !== "drop")
    throw new UsageError(`model ${word}: there is keep and drop`);
  const gate = gateOf(options);
  const session = await openSession(options, terminal);
  try {
    const { trial, inUse } = await asLedger(session.db, async (tx) => ({
      trial: await embeddingTrial(tx),
      inUse: await modelsInUse(tx),
    }));
    if (word === "keep")
      return await keep(
        session,
        trial,
        inUse.map(({ model }) => model),
      );
    if (word === "drop")
      return await drop(
        session,
        trial,
        inUse.map(({ model }) => model),
      );
    const { nights, costs } = await asLedger(session.db, async (tx) => ({
      nights: trial === null ? [] : await comparedNights(tx, sayModel(trial.candidate)),
      costs: await costOfTrials(tx),
    }));
    const answer =
      gate === null || trial === null ? null : await askGate(session, gate, sayModel(trial.candidate));
    terminal.json({
      inUse,
      trial,
      nights: nights.map((night) => ({ ...night, cost: costs.get(night.date) ?? null })),
      gate: answer,
    });
    for (const { model, users } of inUse)
      terminal.line(`in use: ${sayModel(model)}, ${count(users, "user")}`);
    if (trial === null) terminal.line("No other model is tried.");
    else renderTrial(terminal, trial, nights, costs);
    if (answer !== null && gate !== null) renderGate(terminal, answer, gate);
    if (gate !== null && trial === null)
      throw new CommandError("no other model is tried: `noctuary run nightly-cluster --trial`");
    return answer === null || answer.passed ? EXIT.done : EXIT.failed;
  } finally {
    await session.close();
  }
}

async function keep(
  { db, terminal }: Session,
  trial: EmbeddingTrial | null,
  inUse: EmbeddingModel[],
): Promise<number> {
  if (trial === null) throw new CommandError("no other model is tried: there is nothing to decide");
  // By most users: somebody whom the nights leave out has clusters of before.
  if (inUse[0] === undefined || sayModel(inUse[0]) !== sayModel(trial.candidate))
    throw new CommandError(
      `clusters are still made of ${inUse.map(sayModel).join(" and ") || "nothing"}, and the vectors of ${sayModel(trial.candidate)} would be cleared away: ` +
        "switch the settings over and run a night first. If it is not to be kept: `noctuary model drop`",
    );
  await asLedger(db, (tx) => endTrial(tx));
  terminal.json({ ended: trial });
  terminal.line(
    `The trial is over: ${sayModel(trial.candidate)} stays, and the next night clears the vectors of ${sayModel(trial.against)} away.`,
  );
  return EXIT.done;
}

async function drop(
  { db, terminal }: Session,
  trial: EmbeddingTrial | null,
  inUse: EmbeddingModel[],
): Promise<number> {
  if (trial === null) throw new CommandError("no other model is tried: there is nothing to drop");
  const { candidate } = trial;
  if (inUse.some(({ model, dimensions }) => model === candidate.model && dimensions === candidate.dimensions))
    throw new CommandError(
      `clusters are made of ${sayModel(candidate)}: set the settings back and run a night first, or \`noctuary model keep\``,
    );
  let dropped = 0;
  for (let after = ""; ; ) {
    const page = await asLedger(db, (tx) => users(tx, PAGE, after));
    for (const userId of page) {
      dropped += await asUser(db, userId, async (tx) => {
        const vectors = await dropVectors(tx, userId, candidate);
        await audit(tx, { userId, actor: "model", action: "trial dropped", counts: { vectors } });
        return vectors;
      });
    }
    if (page.length < PAGE) break;
    after = page.at(-1)!;
  }
  await asLedger(db, (tx) => endTrial(tx));
  terminal.json({ dropped, candidate });
  terminal.line(
    `Dropped ${count(dropped, "vector")} of ${sayModel(candidate)}. Nothing that anybody saw has changed.`,
  );
  return EXIT.done;
}

function renderTrial(
  terminal: Terminal,
  { candidate }: EmbeddingTrial,
  nights: ComparedNight[],
  costs: Map<string, NightCost>,
): void {
  terminal.line(`tried: ${sayModel(candidate)}`);
  if (nights.length === 0)
    terminal.line("  No night has compared them yet: `noctuary run nightly-cluster --trial`");
  for (const [date, users] of [...Map.groupBy(nights, ({ date }) => date)].slice(-NIGHTS_SHOWN)) {
    const { ari } = agreementOf(users);
    const cost = costs.get(date);
    const took = cost === undefined ? "" : `; took ${sayCost(cost)}`;
    terminal.line(`  ${date}  agreement ${ari.toFixed(3)}, ${count(users.length, "user")}${took}`);
    const worst = users.toSorted((a, b) => a.ari - b.ari).slice(0, USERS_SHOWN);
    for (const { userId, ari, notes, counts } of worst)
      terminal.line(
        `    ${userId}: ${ari.toFixed(3)} over ${count(notes, "note")}; topics ${counts.theirClusters} -> ${counts.ourClusters}, ${counts.idsKept} keep their ids, ${counts.idsLost} would be retired`,
      );
    if (users.length > worst.length)
      terminal.line(`    and ${users.length - worst.length} who agree better: --json lists them all`);
  }
}

function sayModel({ model, dimensions }: EmbeddingModel): string {
  return `${model}/${dimensions}`;
}
