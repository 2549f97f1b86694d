import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../../scripts/server-postgres.sh", import.meta.url));
const CANNOT_BE_HAD = 3;

/** A Postgres of this test's own, for what nobody may do to the one that all share. */
export interface OwnServer {
  url: string;
  /** The folder of its data, on this machine. */
  data: string;
  /** Ends every session, writes everything down and begins again. */
  restart(): void;
  /** As a cut of the power does it: what is not on disk is gone, and the next start recovers. */
  crash(): void;
  start(): void;
  drop(): void;
}

/** Starts it; on a disk of so many megabytes where that is given. Returns why it cannot be had here, where it cannot. */
export function startOwnServer(
  name: string,
  { diskMb }: { diskMb?: number } = {},
): OwnServer | { cannot: string } {
  const run = (...args: string[]) =>
    execFileSync(script, args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...process.env,
        NOCTUARY_PG_NAME: name,
        ...(diskMb === undefined ? {} : { NOCTUARY_PG_DISK_MB: String(diskMb) }),
      },
    }).trim();
  let url: string;
  try {
    run("drop");
    url = run("start");
  } catch (error) {
    const { status, stderr } = error as { status: number; stderr: string };
    if (status === CANNOT_BE_HAD) return { cannot: stderr.trim() };
    throw error;
  }
  const { port } = new URL(url);
  return {
    url,
    data: run("data"),
    restart() {
      run("stop");
      run("start", port);
    },
    crash() {
      run("crash");
      run("start", port);
    },
    start: () => void run("start", port),
    drop: () => void run("drop"),
  };
}
