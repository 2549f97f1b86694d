import type { TestProject } from "vitest/node";
import type { StageInput } from "../../stacks/configuration.ts";
import { stages } from "../../stacks/stages.ts";
import { type Synthesis, synthesise } from "./synthesis.ts";

declare module "vitest" {
  interface ProvidedContext {
    syntheses: Record<"dev" | "production" | "withRds" | "underSstDev", Synthesis>;
  }
}

/** A stage that has all that `dev` has not. */
const withRds: StageInput = {
  database: { kind: "rds" },
  provider: { embedder: "openai", llm: "openai", llmBaseUrl: "https://llm.example.com/v1" },
  api: { allow: ["203.0.113.0/24", "2001:db8::/32"], openUntil: "2027-01-31" },
  alarms: { emails: ["on-call@example.com"] },
};

const ofDeveloper: StageInput = {
  ...stages.dev,
  database: { kind: "external", separateLogins: true },
};

/** Each stage is synthesised once for all files: it takes longer than all their tests. */
export default async function setup(project: TestProject): Promise<() => void> {
  const removals: (() => void)[] = [];
  const made = async (...what: Parameters<typeof synthesise>): Promise<Synthesis> => {
    const { remove, ...synthesis } = await synthesise(...what);
    removals.push(remove);
    return synthesis;
  };
  // Each is a process that keeps one core busy. Those that are read from sst.config.ts follow each other: SST writes what
  // it makes of that beside it, under the time of day.
  const [[dev, production], [withAll, underSstDev]] = await Promise.all([
    inTurn(
      () => made("dev"),
      () => made("production"),
    ),
    inTurn(
      () => made("staging", withRds),
      () => made("ana", ofDeveloper, "dev"),
    ),
  ]);
  project.provide("syntheses", { dev, production, withRds: withAll, underSstDev });
  return () => {
    for (const remove of removals) remove();
  };
}

async function inTurn<T>(first: () => Promise<T>, second: () => Promise<T>): Promise<[T, T]> {
  return [await first(), await second()];
}
