import type * as z from "zod";
import { type Setting, type SettingName, settingDefinitions } from "./setting-definitions.ts";

export type Settings = { [Name in SettingName]: z.output<(typeof settingDefinitions)[Name]["schema"]> };

/** Values by setting name, from one place. */
export interface SettingSource {
  /** As a person would say it: "settings file", "environment", "command line". */
  origin: string;
  values: Partial<Record<string, unknown>>;
}

export interface ResolvedSettings {
  settings: Settings;
  /** Where each value came from; "default" where nobody set it. */
  origins: Record<SettingName, string>;
}

/** Says every missing or wrong setting at once, without the values of secrets. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
  readonly code = "wrong_settings";
}

/** Later sources win. @throws {SettingsError} */
export function resolveSettings(sources: SettingSource[]): ResolvedSettings {
  const problems: string[] = [];
  const settings: Record<string, unknown> = {};
  const origins: Record<string, string> = {};
  for (const [name, { schema, env }] of Object.entries(settingDefinitions)) {
    const source = sources.findLast(({ values }) => values[name] !== undefined);
    const parsed = schema.safeParse(source?.values[name]);
    origins[name] = source?.origin ?? "default";
    if (parsed.success) settings[name] = parsed.data;
    else
      problems.push(
        `${name} (${env}, from ${origins[name]}): ${parsed.error.issues[0]?.message ?? "is wrong"}`,
      );
  }
  for (const { origin, values } of sources) {
    for (const name of Object.keys(values)) {
      if (!(name in settingDefinitions)) problems.push(`${name} (from ${origin}): there is no such setting`);
    }
  }
  if (problems.length > 0) throw new SettingsError(`wrong settings:\n  ${problems.join("\n  ")}`);
  return { settings: settings as Settings, origins: origins as Record<SettingName, string> };
}

/** The budgets that are set, as the work knows them: dollars a month; null: no limit. */
export function budgetLimitsIn(settings: Pick<Settings, "userMonthlyBudgetUsd" | "monthlyBudgetUsd">): {
  userUsd: number | null;
  totalUsd: number | null;
} {
  return {
    userUsd: settings.userMonthlyBudgetUsd ?? null,
    totalUsd: settings.monthlyBudgetUsd ?? null,
  };
}

/** The settings that environment variables hold. An empty variable counts as not set. */
export function settingsIn(environment: Record<string, string | undefined>): SettingSource {
  const values: Record<string, string> = {};
  for (const [name, { env }] of Object.entries(settingDefinitions)) {
    const value = environment[env];
    if (value !== undefined && value !== "") values[name] = value;
  }
  return { origin: "environment", values };
}

/** The URL of a queue, where one is set. */
export function queueUrlOf(settings: Settings, queue: string): string | undefined {
  return settings[queueUrlSetting(queue)];
}

/** The environment variable that sets the URL of a queue. @throws {SettingsError} where no setting is for it */
export function queueUrlVariable(queue: string): string {
  const definition: Setting | undefined = settingDefinitions[queueUrlSetting(queue)];
  if (definition === undefined)
    throw new SettingsError(`there is no setting for the URL of the queue ${queue}`);
  return definition.env;
}

function queueUrlSetting(queue: string): "queueEmbed" {
  const words = queue.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return `queue${words}` as "queueEmbed";
}
