import process from "node:process";
import { type SettingSource, settingsIn } from "@noctuary/core/settings";

/** The one module that reads the environment. */
export function environmentSettings(): SettingSource {
  // biome-ignore lint/style/noProcessEnv: this is the one place
  return settingsIn(process.env);
}

/** Points this process elsewhere: how the command line tells the very same handlers where database and queues are. */
export function setEnvironment(values: Record<string, string>): void {
  // biome-ignore lint/style/noProcessEnv: this is the one place
  Object.assign(process.env, values);
}

export function environmentVariable(name: string): string | undefined {
  // biome-ignore lint/style/noProcessEnv: this is the one place
  return process.env[name];
}
