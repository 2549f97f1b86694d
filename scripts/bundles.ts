/** Prints what each function's bundle weighs, as SST makes it, and how long Node takes to import it: `npm run bundles`. */
import { execFileSync } from "node:child_process";
import process from "node:process";
import { synthesise } from "../test/stacks/synthesis.ts";

const IMPORTS = 3;

const from = performance.now();
const { functions, remove } = await synthesise("dev");
const seconds = (performance.now() - from) / 1000;
try {
  console.log(`${"function".padEnd(44)} ${"MB".padStart(6)} ${"import ms".padStart(10)}`);
  for (const { handler, bundle, bytes } of functions.sort((a, b) => b.bytes - a.bytes)) {
    const name = handler.replace("functions/src/", "").replace(".handler", "");
    console.log(
      `${name.padEnd(44)} ${(bytes / 1e6).toFixed(2).padStart(6)} ${String(importMs(bundle)).padStart(10)}`,
    );
  }
  console.log(`\nsynthesis with all bundles: ${seconds.toFixed(1)} s`);
} finally {
  remove();
}

/** The quickest of a few, each in a process of its own: what is slower was disturbed. */
function importMs(bundle: string): number {
  const program = `const from = performance.now(); await import(${JSON.stringify(bundle)});
    process.stdout.write(String(Math.round(performance.now() - from))); process.exit();`;
  const times = Array.from({ length: IMPORTS }, () =>
    Number(
      execFileSync(process.execPath, ["--input-type=module", "--eval", program], {
        cwd: "/",
        env: {},
        encoding: "utf8",
      }),
    ),
  );
  return Math.min(...times);
}
