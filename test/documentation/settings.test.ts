import { readFileSync } from "node:fs";
import { settingDefinitions } from "@noctuary/core/setting-definitions";
import { expect, test } from "vitest";

const [, page] = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8").split("\n## Settings\n");
const rows = page!
  .split("\n## ")[0]!
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, names, environment, byDefault]) => ({
    names: [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    environment: environment!,
    byDefault: byDefault!,
  }));

test("the table of settings names each of them once", () => {
  expect(rows.flatMap(({ names }) => names).sort()).toEqual(Object.keys(settingDefinitions).sort());
});

test.each(rows.filter(({ names }) => names.length === 1))(
  "$names is what the program takes from the environment, and has the default that it has",
  ({ names: [name], environment, byDefault }) => {
    const { env, schema } = settingDefinitions[name as keyof typeof settingDefinitions];
    expect(environment).toBe(`\`${env}\``);
    const own = schema.safeParse(undefined).data;
    if (typeof own === "number") expect(Number(byDefault)).toBe(own);
    if (typeof own === "boolean") expect(byDefault).toBe(String(own));
  },
);
