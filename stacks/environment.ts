import { settingDefinitions } from "@noctuary/core/setting-definitions";
import type { StageConfiguration } from "./configuration.ts";

/** The environment variables of what a stage has chosen; a value that is left out keeps the program's default. */
export function chosenSettings({ provider, logs, jobs, audit }: StageConfiguration): Record<string, string> {
  const { baseUrl, ...asSettings } = provider;
  const chosen = {
    ...asSettings,
    logLevel: logs.level,
    enabledJobs: enabledJobs(jobs),
    retentionDays: audit.retentionDays,
    openaiBaseUrl: baseUrl,
  };
  return Object.fromEntries(
    Object.entries(chosen)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [settingDefinitions[name as keyof typeof chosen].env, String(value)]),
  );
}

/** For the reconciler: what is not on is not made up for, and is not late. */
function enabledJobs(jobs: StageConfiguration["jobs"]): string {
  const enabled = Object.entries(jobs)
    .filter(([, { enabled }]) => enabled)
    .map(([slug, { since }]) => (since === undefined ? slug : `${slug}=${since}`));
  return enabled.length === 0 ? "none" : enabled.join(",");
}
