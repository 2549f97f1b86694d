import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { llmFor, llmUrl } from "@noctuary/core/llm/llm-for";
import { asLedger } from "@noctuary/db/access";
import { accountForNotes } from "@noctuary/db/notes/note-account";
import { CommandError, EXIT, UsageError } from "./exit.ts";
import type { LocalRuntime } from "./local/local-runtime.ts";
import { embeddingModel } from "./overview.ts";
import { renderRunEnd } from "./render/run.ts";
import { runJob } from "./run-job.ts";
import type { Session } from "./session.ts";

interface ConsentRequest {
  job: string;
  user?: string;
  full?: boolean;
  yes?: boolean;
}

interface Destination {
  /** What is remembered once a person has agreed. */
  key: string;
  /** What would be sent, as one reads it in a question. */
  what: string;
  host: string;
  model: string;
}

/**
 * Nothing leaves unasked: before notes go to a provider for the first time, a person has seen where to, how many and
 * for how much, and said yes; or `--yes`, or the setting providerConsent, says so. Asked once a home and host, for the
 * embedder and for the language model each: the one gets every note, the other excerpts and other questions.
 *
 * @throws {UsageError} where nobody can be asked
 */
export async function requireConsent(
  session: Session,
  runtime: LocalRuntime,
  request: ConsentRequest,
): Promise<void> {
  const { settings, terminal } = session;
  if (settings.providerConsent || request.yes === true) return;
  const agreedTo = agreements(session);
  const open = (await destinations(session, request)).filter(({ key }) => !agreedTo.includes(key));
  if (open.length === 0) return;
  const told = open.map(({ what, host, model }) => `${what} to ${host} (${model})`).join(", and ");
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(
      `this run would send ${told}: agree with --yes, or set providerConsent to true in settings.json`,
    );
  }
  const dry = await runJob(runtime, terminal, {
    job: request.job,
    options: {
      dryRun: true,
      full: request.full,
      ...(request.user === undefined ? {} : { userIds: [request.user] }),
    },
  });
  renderRunEnd(terminal, dry, settings);
  const answer = await ask(`Send ${told}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new CommandError(
      "nothing was sent. The embedder lexical and the llm none work without a provider.",
      EXIT.done,
    );
  }
  writeFileSync(agreementFile(session), `${JSON.stringify([...agreedTo, ...open.map(({ key }) => key)])}\n`, {
    mode: 0o600,
  });
}

/** What the person types; nothing when they end the input (Ctrl-D) or interrupt (Ctrl-C) in place of an answer. */
async function ask(question: string): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // Ctrl-C rejects the question; after Ctrl-D it would never be answered.
  const interrupted = asking.question(question).catch(() => "");
  const answer = await Promise.race([interrupted, once(asking, "close").then(() => "")]);
  asking.close();
  return answer;
}

/** Whether whatever may be sent to a provider, tonight or any other night, was agreed to; true where none is set. */
export async function isAgreedTo(session: Session): Promise<boolean> {
  if (session.settings.providerConsent) return true;
  const agreedTo = agreements(session);
  const all = await destinations(session, { full: true });
  return all.every(({ key }) => agreedTo.includes(key));
}

/** Where this run may send something of the notes. */
async function destinations(
  session: Session,
  request: Pick<ConsentRequest, "full" | "user">,
): Promise<Destination[]> {
  const { settings } = session;
  const found: Destination[] = [];
  const embedder = embeddingModel(session);
  if (embedder.leavesMachine) {
    const { pending } = await asLedger(session.db, (tx) => accountForNotes(tx, embedder, request.user));
    const host = new URL(settings.openaiBaseUrl).host;
    // Asked with nothing pending too: by the time the run looks, somebody may have written a note.
    const changed = pending === 0 ? "what is new or changed" : `${pending} notes`;
    const what = request.full === true ? "all notes" : changed;
    found.push({ key: host, what, host, model: embedder.model });
  }
  const llm = llmFor(settings);
  if (llm !== null) {
    const { host } = new URL(llmUrl(settings));
    found.push({ key: `llm ${host}`, what: "excerpts of notes", host, model: llm.model });
  }
  return found;
}

function agreementFile({ home }: Pick<Session, "home">): string {
  return join(home, "consent.json");
}

function agreements(session: Session): string[] {
  try {
    const keys: unknown = JSON.parse(readFileSync(agreementFile(session), "utf8"));
    return Array.isArray(keys) ? keys.filter((key) => typeof key === "string") : [];
  } catch {
    return []; // never agreed, or the file is broken: then it is asked again
  }
}
