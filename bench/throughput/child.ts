import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of the bench. It answers each message with one, in order; what it prints goes to this one's error output. */
export interface Child {
  ask<Answer>(message: object): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts a script of this folder and waits until it says that it is ready. */
export async function startChild(
  script: string,
  environment: Record<string, string | undefined> = {},
  nodeOptions: string[] = [],
): Promise<Child> {
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    env: { ...process.env, ...environment },
    execArgv: nodeOptions,
    stdio: ["ignore", 2, 2, "ipc"],
  });
  await answerOf(child, script);
  return {
    async ask<Answer>(message: object) {
      const answer = answerOf(child, script);
      child.send(message);
      return (await answer) as Answer;
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, "exit");
      child.disconnect(); // each of them ends with its channel, and so with a parent that was killed
      await ended;
    },
  };
}

/** One process of each script: one that stands ready for the same environment is used again, as a warm container is. */
export interface Children {
  /** `prepare` is called where one is really started, and adds to its environment. */
  start(
    script: string,
    environment: Record<string, string>,
    prepare?: () => Promise<Record<string, string>>,
  ): Promise<Child>;
  /** The next one of this script is started anew. */
  end(script: string): Promise<void>;
  stop(): Promise<void>;
}

export function warmChildren(nodeOptions: string[] = []): Children {
  const warm = new Map<string, { key: string; child: Child }>();
  return {
    async start(script, environment, prepare = async () => ({})) {
      const key = JSON.stringify(environment);
      const ready = warm.get(script);
      if (ready?.key === key) return ready.child;
      // Two with other settings would take each other's messages.
      await ready?.child.stop();
      const child = await startChild(script, { ...environment, ...(await prepare()) }, nodeOptions);
      warm.set(script, { key, child });
      return child;
    },
    async end(script) {
      await warm.get(script)?.child.stop();
      warm.delete(script);
    },
    async stop() {
      await Promise.all([...warm.values()].map(({ child }) => child.stop()));
    },
  };
}

async function answerOf(child: ChildProcess, script: string): Promise<unknown> {
  const stop = new AbortController();
  try {
    return await Promise.race([
      once(child, "message", { signal: stop.signal }).then(([message]) => message as unknown),
      once(child, "exit", { signal: stop.signal }).then(([code]) => {
        throw new Error(`${script} ended with ${code}`);
      }),
    ]);
  } finally {
    stop.abort();
  }
}

/** The other end: answers each message, and ends once the parent has gone. */
export function serveParent<Message>(answer: (message: Message) => object | Promise<object>): void {
  process.on("message", async (message: Message) => process.send!(await answer(message)));
  process.on("disconnect", () => process.exit());
  process.send!("ready");
}

/** CPU time of this process, user and system together, in milliseconds. */
export function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
