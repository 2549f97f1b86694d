import process from "node:process";
import { type SettingSource, settingsIn } from "@noctuary/core/settings";

/** The one module that reads the environment. */
export function environmentSettings(): SettingSource {
  // biome-ignore lint/style/noProcessEnv: this is the one place
  return settingsIn(process.env);
}

/**
 * Points this process elsewhere: how the command line tells the very same handlers where database and queues are.
 * undefined takes a variable away.
 */
export function setEnvironment(values: Record<string, string | undefined>): void {
  for (const [name, value] of Object.entries(values)) {
    // biome-ignore lint/style/noProcessEnv: this is the one place
    if (value === undefined) delete process.env[name];
    // biome-ignore lint/style/noProcessEnv: this is the one place
    else process.env[name] = value;
  }
}

export function environmentVariable(name: string): string | undefined {
  // biome-ignore lint/style/noProcessEnv: this is the one place
  return process.env[name];
}
