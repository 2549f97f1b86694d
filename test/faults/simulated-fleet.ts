import { seededRandom } from "@noctuary/core/clustering/seeded-random";
import type { Context } from "@noctuary/core/context";
import { jobBySlug } from "@noctuary/core/jobs";
import { ProviderError, RetryLaterError } from "@noctuary/core/provider/provider-errors";
import { cancelRun } from "@noctuary/core/runtime/cancel-run";
import type { OutgoingMessage } from "@noctuary/core/runtime/queue";
import { reconcile } from "@noctuary/core/runtime/reconcile";
import { redriveRun } from "@noctuary/core/runtime/redrive-run";
import { sendOutbox } from "@noctuary/core/runtime/send-outbox";
import { startRun } from "@noctuary/core/runtime/start-run";
import { workOnTask } from "@noctuary/core/runtime/work-on-task";
import type { OwnedClock } from "../support/ledger-clock.ts";
import { MachineDied, mortal } from "../support/mortal.ts";
import type { TestDatabase } from "../support/test-database.ts";
import type { LedgerWatch } from "./ledger-watch.ts";

const JOB = jobBySlug("nightly-cluster")!;
const SCHEDULED = new Date("2026-11-02T07:00:00Z");
const DUE = Symbol("due");

interface Message {
  taskId: string;
  visibleAt: number;
}

/** A worker at its task: it stands still in a call of the provider until somebody lets it go on. */
interface Operation {
  label: string;
  worker: number;
  goOn: () => void;
  ended: Promise<void>;
}

/**
 * A fleet around the real ledger code, in one process and by one clock: workers that die before any deed or stand still
 * past their lease, a queue that loses, doubles, holds back and shuffles, a provider that fails, rests and refuses to
 * answer. What happens next is drawn from a seed. Only one thing happens at a time, between transactions: what two
 * sessions do to each other inside of one is not seen here.
 */
export class SimulatedFleet {
  readonly trace: string[] = [];
  /** Texts that the provider answered, and those among them whose worker could not save the answer. */
  answered = 0;
  wasted = 0;
  /** The most tries that work was begun in. */
  mostTries = 0;
  cancelled = false;
  runId = "";
  readonly #database: TestDatabase;
  readonly #context: Context;
  readonly #clock: OwnedClock;
  readonly #random: () => number;
  #messages: Message[] = [];
  #stalled: Operation[] = [];
  readonly #watch: LedgerWatch;
  #isCalm = false;
  #workers = 0;

  constructor(
    database: TestDatabase,
    context: Context,
    { clock, watch }: { clock: OwnedClock; watch: LedgerWatch },
    seed: number,
  ) {
    this.#watch = watch;
    this.#database = database;
    this.#context = { ...context, logger: this.#noticing(context.logger) };
    this.#clock = clock;
    this.#random = seededRandom(seed);
  }

  #noticing(logger: Context["logger"]): Context["logger"] {
    return {
      debug: (message, fields) => {
        if (message === "task started") this.mostTries = Math.max(this.mostTries, Number(fields.attempt));
        logger.debug(message, fields);
      },
      info: (message, fields) => logger.info(message, fields),
      warn: (message, fields) => logger.warn(message, fields),
      error: (message, fields) => logger.error(message, fields),
      critical: (message, fields) => logger.critical(message, fields),
    };
  }

  chance(probability: number): boolean {
    return this.#random() < probability;
  }

  pick<T>(among: readonly T[]): T {
    return among[Math.floor(this.#random() * among.length)]!;
  }

  /** One thing that may happen to a fleet. */
  async step(): Promise<void> {
    const visible = this.#messages.filter(({ visibleAt }) => visibleAt <= this.#clock.now());
    const options: [number, () => Promise<void>][] = [
      [2, () => this.#schedule()],
      [visible.length > 0 ? 12 : 0, () => this.#deliver(this.pick(visible))],
      [this.#stalled.length > 0 ? 4 : 0, () => this.#wake()],
      [5, () => this.#passTime(this.pick([1_000, 31_000, 200_000, 400_000]))],
      [3, () => this.#reconcile()],
      [this.#messages.length > 0 ? 2 : 0, () => this.#loseOrDouble()],
      [this.#runIsThere() ? 0.2 : 0, () => this.#redrive()],
      [this.#runIsThere() && !this.cancelled ? 0.1 : 0, () => this.#cancel()],
    ];
    let at = this.#random() * options.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, happen] of options) {
      at -= weight;
      if (at < 0) return happen();
    }
  }

  /** Whatever was wrong is over: what is still to be done is done. */
  async calm(): Promise<void> {
    this.#isCalm = true;
    this.#say("calm");
    while (this.#stalled.length > 0) await this.#wake();
    await this.#schedule();
    for (let round = 0; round < 200; round++) {
      await this.#passTime(1_000_000);
      await this.#reconcile();
      while (this.#messages.length > 0) await this.#deliver(this.#messages[0]!);
      const [run] = await this.#database.query<{ status: string }>("select status from noctuary.run");
      if (run!.status === "running") continue;
      const failed = await this.#database.query(
        "select 1 from noctuary.task where status = 'failed' limit 1",
      );
      if (failed.length === 0) return;
      await this.#redrive();
    }
    throw new Error("the run does not end though nothing is wrong any more");
  }

  #runIsThere(): boolean {
    return this.runId !== "";
  }

  #say(line: string): void {
    this.trace.push(
      `${((this.#clock.now() - SCHEDULED.getTime()) / 1000).toFixed(0).padStart(6)} s  ${line}`,
    );
  }

  async #schedule(): Promise<void> {
    await this.#guarded("the schedule fires", async (context) => {
      const { run } = await startRun(context, JOB, { trigger: "schedule", asOf: SCHEDULED, options: {} });
      this.runId = run.id;
      await sendOutbox(context);
    });
  }

  async #deliver(message: Message): Promise<void> {
    this.#messages.splice(this.#messages.indexOf(message), 1);
    const [task] = await this.#database.query<{ step: string; label: string }>(
      `select step, concat_ws(' ', step, user_id, payload->>'firstId') as label from noctuary.task where id = $1`,
      [message.taskId],
    );
    if (task === undefined) return this.#say("a message for a task that is gone");
    const step = task.step === "plan" ? JOB.plan : JOB.steps.find(({ slug }) => slug === task.step)!;
    const remainingMs = this.#isCalm || this.chance(0.9) ? 100_000 : 15_000;
    await this.#guarded(`${task.label} is delivered`, async (context) => {
      await workOnTask(context, step, message.taskId, () => remainingMs);
    }).catch((error) => {
      // Not acknowledged: it comes again.
      this.#messages.push({ ...message, visibleAt: this.#clock.now() + 60_000 });
      throw error;
    });
  }

  /** Does something on a machine that may die before any deed, and comes back early where it stands still. */
  async #guarded(label: string, work: (context: Context) => Promise<void>): Promise<void> {
    const dies = !this.#isCalm && this.chance(0.15);
    const mortality = {
      deeds: 0,
      diesBefore: dies ? 1 + Math.floor(this.#random() * 12) : Number.POSITIVE_INFINITY,
    };
    const stalls = Promise.withResolvers<() => void>();
    const worker = ++this.#workers;
    await this.#watch.acts(worker);
    let own = 0;
    const context = mortal(
      {
        ...this.#context,
        queue: { send: async (messages) => this.#accept(messages) },
        embedder: {
          ...this.#context.embedder,
          callsInFlight: 1,
          embed: async (inputs, options) => {
            if (!this.#isCalm && this.chance(0.4)) {
              const gate = Promise.withResolvers<void>();
              stalls.resolve(gate.resolve);
              await gate.promise;
            }
            if (!this.#isCalm && this.chance(0.1)) throw new ProviderError("provider_failed");
            if (!this.#isCalm && this.chance(0.1)) throw new RetryLaterError("provider_rate_limited", 45_000);
            own += inputs.length;
            this.answered += inputs.length;
            return this.#context.embedder.embed(inputs, options);
          },
        },
      },
      mortality,
    );
    let lost = false;
    const warn = context.logger.warn.bind(context.logger);
    context.logger = {
      ...context.logger,
      info: context.logger.info.bind(context.logger),
      error: context.logger.error.bind(context.logger),
      critical: context.logger.critical.bind(context.logger),
      warn: (message, fields) => {
        if (message.startsWith("lease lost")) lost = true;
        warn(message, fields);
      },
    };
    const ended = work(context).then(
      () => {
        if (lost) this.wasted += own;
        this.#say(`${label}${lost ? ": its lease was lost" : ""}`);
      },
      (error) => {
        this.wasted += own;
        // What a dead machine says is not heard; its message comes again.
        if (mortality.deeds < mortality.diesBefore && !(error instanceof MachineDied)) throw error;
        this.#say(`${label}: the machine dies before its deed ${mortality.diesBefore}`);
      },
    );
    const goOn = await Promise.race([ended.then(() => DUE), stalls.promise]);
    if (typeof goOn === "function") {
      this.#say(`${label}: it stands still`);
      this.#stalled.push({ label, worker, goOn: goOn as () => void, ended });
    }
  }

  async #wake(): Promise<void> {
    const operation = this.pick(this.#stalled);
    this.#stalled.splice(this.#stalled.indexOf(operation), 1);
    this.#say(`${operation.label}: it goes on`);
    await this.#watch.acts(operation.worker);
    operation.goOn();
    await operation.ended;
  }

  async #passTime(ms: number): Promise<void> {
    await this.#clock.set(this.#clock.now() + ms);
  }

  async #reconcile(): Promise<void> {
    await this.#guarded("the reconciler runs", async (context) => {
      await reconcile({ ...context, limits: { ...context.limits, resendAfterMs: 60_000 } }, () => 60_000);
    });
  }

  async #loseOrDouble(): Promise<void> {
    const message = this.pick(this.#messages);
    if (this.chance(0.5)) {
      this.#messages.push({ ...message });
      this.#say("a message is doubled");
    } else {
      this.#messages.splice(this.#messages.indexOf(message), 1);
      this.#say("a message is lost");
    }
  }

  async #redrive(): Promise<void> {
    this.#say("somebody redrives the run");
    if (this.#isCalm) await redriveRun(this.#context, JOB, this.runId);
    else await this.#guarded("redrive", async (context) => void (await redriveRun(context, JOB, this.runId)));
    this.cancelled = this.cancelled && !this.#isCalm;
  }

  async #cancel(): Promise<void> {
    this.cancelled = true;
    await this.#guarded("somebody cancels the run", async (context) => {
      await cancelRun(context, JOB, this.runId);
    });
  }

  #accept(messages: readonly OutgoingMessage[]): boolean[] {
    return messages.map(({ body, delaySeconds }) => {
      if (!this.#isCalm && this.chance(0.05)) return false;
      if (!this.#isCalm && this.chance(0.05)) return true; // accepted, and never seen again
      const lateMs = !this.#isCalm && this.chance(0.2) ? 90_000 : 0;
      this.#messages.push({
        taskId: body.taskId,
        visibleAt: this.#clock.now() + delaySeconds * 1000 + lateMs,
      });
      return true;
    });
  }
}
