import { JOB_NAMES } from "./setting-definitions.ts";

/** The jobs that are on, by slug, each with the local date since when; null: since its first scheduled run. */
export type EnabledJobs = ReadonlyMap<string, string | null>;

/** Reads the setting `enabledJobs`: `nightly-cluster=2026-11-28,nightly-stacks`, or `none`. Without it all are on. */
export function readEnabledJobs(text: string = JOB_NAMES.join(",")): EnabledJobs {
  if (text === "none") return new Map();
  return new Map(
    text.split(",").map((entry): [string, string | null] => {
      const [slug = "", since = null] = entry.split("=");
      return [slug, since];
    }),
  );
}
