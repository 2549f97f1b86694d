import { asLedger, asUser } from "@noctuary/db/access";
import { audit } from "@noctuary/db/account/account";
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
import { renderGate } from "../render/comparison.ts";
import { count } from "../render/words.ts";
import { type GlobalOptions, openSession, type Session } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { askGate, gateOf } from "./compare.ts";

export interface ModelOptions extends GlobalOptions {
  gate?: string;
  nights?: string;
}

const PAGE = 500;

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
    if (word === "keep") return await keep(session, trial);
    if (word === "drop")
      return await drop(
        session,
        trial,
        inUse.map(({ model }) => model),
      );
    const nights =
      trial === null ? [] : await asLedger(session.db, (tx) => comparedNights(tx, sayModel(trial.candidate)));
    const answer =
      gate === null || trial === null ? null : await askGate(session, gate, sayModel(trial.candidate));
    terminal.json({ inUse, trial, nights, gate: answer });
    for (const { model, users } of inUse)
      terminal.line(`in use: ${sayModel(model)}, ${count(users, "user")}`);
    if (trial === null) terminal.line("No other model is tried.");
    else renderTrial(terminal, trial, nights);
    if (answer !== null && gate !== null) renderGate(terminal, answer, gate);
    if (gate !== null && trial === null)
      throw new CommandError("no other model is tried: `noctuary run nightly-cluster --trial`");
    return answer === null || answer.passed ? EXIT.done : EXIT.failed;
  } finally {
    await session.close();
  }
}

async function keep({ db, terminal }: Session, trial: EmbeddingTrial | null): Promise<number> {
  if (trial === null) throw new CommandError("no other model is tried: there is nothing to decide");
  await asLedger(db, (tx) => endTrial(tx));
  terminal.json({ ended: trial });
  terminal.line(
    "The trial is over: the next night keeps the vectors of the model that it works with, and clears the other's away.",
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

function renderTrial(terminal: Terminal, { candidate }: EmbeddingTrial, nights: ComparedNight[]): void {
  terminal.line(`tried: ${sayModel(candidate)}`);
  if (nights.length === 0)
    terminal.line("  No night has compared them yet: `noctuary run nightly-cluster --trial`");
  for (const { date, userId, ari, notes, counts } of nights.slice(-20)) {
    terminal.line(
      `  ${date}  ${userId}  agreement ${ari.toFixed(3)} over ${count(notes, "note")}; clusters ${counts.theirClusters} -> ${counts.ourClusters}, ${counts.idsKept} keep their ids, ${counts.idsLost} would be retired`,
    );
  }
}

function sayModel({ model, dimensions }: EmbeddingModel): string {
  return `${model}/${dimensions}`;
}
