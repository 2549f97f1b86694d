import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
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

/**
 * Nothing leaves unasked: before notes go to a provider for the first time, a person has seen where to, how many and
 * for how much, and said yes; or `--yes`, or the setting providerConsent, says so. Asked once a home and host.
 *
 * @throws {UsageError} where nobody can be asked
 */
export async function requireConsent(
  session: Session,
  runtime: LocalRuntime,
  request: ConsentRequest,
): Promise<void> {
  const { settings, terminal } = session;
  const embedder = embeddingModel(session);
  if (!embedder.leavesMachine || settings.providerConsent || request.yes === true) return;
  const host = new URL(settings.openaiBaseUrl).host;
  if (hostsAgreedTo(session).includes(host)) return;
  const notes = await asLedger(session.db, (tx) => accountForNotes(tx, embedder));
  if (notes.pending === 0 && request.full !== true) return; // nothing would be sent
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new UsageError(
      `${notes.pending} notes would be sent to ${host}: agree with --yes, or set providerConsent to true in settings.json`,
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
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`Send these notes to ${host} (${embedder.model})? [y/N] `);
  asking.close();
  if (!/^y(es)?$/i.test(answer.trim())) {
    throw new CommandError("nothing was sent. The embedder lexical works without a provider.", EXIT.done);
  }
  writeFileSync(consentFile(session), `${JSON.stringify([...hostsAgreedTo(session), host])}\n`, {
    mode: 0o600,
  });
}

function consentFile({ home }: Pick<Session, "home">): string {
  return join(home, "consent.json");
}

function hostsAgreedTo(session: Session): string[] {
  try {
    const hosts: unknown = JSON.parse(readFileSync(consentFile(session), "utf8"));
    return Array.isArray(hosts) ? hosts.filter((host) => typeof host === "string") : [];
  } catch {
    return []; // never agreed, or the file is broken: then it is asked again
  }
}
