import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import type { Report, Request } from "./database-process.ts";

/** The parent's side of `database-process.ts`. */
export class DatabaseProcess {
  readonly child: ChildProcess;
  readonly #reports: Report[] = [];

  constructor(home: string) {
    this.child = fork(new URL("./database-process.ts", import.meta.url), [home], { execArgv: [] });
    this.child.on("message", (report: Report) => {
      this.#reports.push(report);
      this.child.emit("report");
    });
  }

  /** The next report of that kind, past or future; others before it are dropped. */
  async next<Kind extends Report["kind"]>(kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    for (;;) {
      const report = this.#reports.shift();
      if (report?.kind === kind) return report as Extract<Report, { kind: Kind }>;
      if (report?.kind === "failed") throw new Error(report.message);
      if (report !== undefined) continue;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error("the process ended");
      await Promise.race([once(this.child, "report"), once(this.child, "exit")]);
    }
  }

  tell(request: Request): void {
    this.child.send(request);
  }

  async query(text: string, values?: unknown[]): Promise<unknown[]> {
    this.tell({ kind: "query", text, ...(values ? { values } : {}) });
    return (await this.next("rows")).rows;
  }

  async close(): Promise<void> {
    this.tell({ kind: "close" });
    await this.next("done");
  }

  /** Resolves when the system has taken the process away. */
  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}
