import type { Context } from "@noctuary/core/context";
import { recordable } from "@noctuary/core/errors";
import type { Job } from "@noctuary/core/job";
import { jobBySlug, jobs } from "@noctuary/core/jobs";
import { runJson } from "@noctuary/core/runtime/run-json";
import { sendOutbox } from "@noctuary/core/runtime/send-outbox";
import { startRun } from "@noctuary/core/runtime/start-run";
import { asLedger } from "@noctuary/db/access";
import { runById } from "@noctuary/db/ledger/run";
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from "aws-lambda";
import { bearerToken } from "./bearer-token.ts";
import { requestedOptions } from "./cron-request.ts";
import type { CronSecretSource } from "./cron-secrets.ts";
import type { ContextSource } from "./guard.ts";
import { errorAnswer, HttpError, jsonAnswer } from "./http-answer.ts";

export const CRON_PATH = "/api/cron";
const JOB_PATH = /^\/api\/cron\/([^/]{1,100})\/?$/;
const RUN_PATH = /^\/api\/cron\/runs\/([^/]{1,200})\/?$/;

/**
 * The handler of the manual triggers, the routes that an older deployment calls:
 *
 * - `POST /api/cron/JOB` (and `GET`, which some cron services send) starts a run and answers 202 with its id; the same
 *   call again while that run is open gets the same id.
 * - `GET /api/cron/runs/ID` tells how it stands.
 *
 * Nothing is told to a caller without the secret, not even which routes there are. What fails within is answered with a
 * code; its error goes to the log, by class and code.
 */
export function cronApi(context: ContextSource, secrets: () => CronSecretSource) {
  return async (event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> => {
    let live: Context | undefined;
    try {
      live = await context();
      await authorise(live, secrets(), event);
      return await route(live, event);
    } catch (error) {
      if (error instanceof HttpError) return errorAnswer(error);
      const { class: errorClass, code: errorCode } = recordable(error);
      live?.logger.error("trigger failed", { errorClass, errorCode });
      // Without a context nothing of a user's is in reach yet, and whoever set this up must read which setting is wrong.
      if (live === undefined) throw error;
      return errorAnswer(
        new HttpError(
          500,
          "internal_error",
          "the call failed on our side: it can be repeated, nothing is started twice",
        ),
      );
    }
  };
}

async function authorise(
  { logger, metrics }: Context,
  secrets: CronSecretSource,
  event: APIGatewayProxyEvent,
): Promise<void> {
  const token = bearerToken(headersOf(event));
  const checked = token === null ? "refused" : await secrets.check(token);
  if (checked === "refused") {
    logger.warn("trigger refused", { reason: token === null ? "no token" : "wrong token" });
    throw new HttpError(401, "unauthorized", "send the header Authorization: Bearer <CRON_SECRET>", {
      "www-authenticate": "Bearer",
    });
  }
  if (checked === "previous") {
    logger.warn("trigger called with the previous secret", { path: event.path });
    metrics.add({ name: "PreviousSecretCalls", value: 1, unit: "Count", dimensions: { step: "api" } });
  }
}

function headersOf({ headers, multiValueHeaders }: APIGatewayProxyEvent): [string, string[]][] {
  const several = Object.entries(multiValueHeaders ?? {}).map(([name, values]): [string, string[]] => [
    name,
    values ?? [],
  ]);
  if (several.length > 0) return several;
  return Object.entries(headers ?? {}).map(([name, value]) => [name, value === undefined ? [] : [value]]);
}

async function route(context: Context, event: APIGatewayProxyEvent): Promise<APIGatewayProxyResult> {
  const runId = RUN_PATH.exec(event.path)?.[1];
  if (runId !== undefined) {
    requireMethod(event, ["GET"]);
    return showRun(context, runId);
  }
  const slug = JOB_PATH.exec(event.path)?.[1];
  const job = slug === undefined ? undefined : jobBySlug(slug);
  if (job === undefined) {
    throw new HttpError(
      404,
      "not_found",
      `there is no such route: there are ${jobs.map((known) => `${CRON_PATH}/${known.slug}`).join(", ")} and ${CRON_PATH}/runs/ID`,
    );
  }
  requireMethod(event, ["POST", "GET"]);
  return startJob(context, job, event);
}

function requireMethod({ httpMethod }: APIGatewayProxyEvent, allowed: string[]): void {
  if (allowed.includes(httpMethod)) return;
  throw new HttpError(405, "method_not_allowed", `this route takes ${allowed.join(" or ")}`, {
    allow: allowed.join(", "),
  });
}

/** The plan goes through its queue: whoever calls waits for a row in the ledger, not for a walk over all notes. */
async function startJob(
  context: Context,
  job: Job,
  event: APIGatewayProxyEvent,
): Promise<APIGatewayProxyResult> {
  const options = requestedOptions(event);
  const { run, planTaskId } = await startRun(context, job, { trigger: "manual", asOf: new Date(), options });
  await sendOutbox(context);
  const statusUrl = `${CRON_PATH}/runs/${run.id}`;
  context.logger.info("run asked for", { job: job.slug, runId: run.id, joined: planTaskId === null });
  return jsonAnswer(
    202,
    { runId: run.id, job: job.slug, localDate: run.localDate, joined: planTaskId === null, statusUrl },
    { location: statusUrl },
  );
}

async function showRun({ db }: Context, id: string): Promise<APIGatewayProxyResult> {
  const run = await asLedger(db, (tx) => runById(tx, id));
  if (run === null) throw new HttpError(404, "run_not_found", "there is no run with this id");
  return jsonAnswer(200, runJson(run));
}
