#!/usr/bin/env node
// Plain JavaScript, so that an older Node gets as far as this sentence.
const major = Number(process.versions.node.split(".")[0]);
if (major < 24) {
  process.stderr.write(
    `noctuary needs Node 24 or later, and this is ${process.versions.node}. It comes with the install: ` +
      "run `npx noctuary` or `npm run noctuary --` in the project's folder.\n",
  );
  process.exit(2);
}
// Stripping types and compiling some hundred files takes longer than an unchanged night: it is done once, not each time.
const { enableCompileCache } = await import("node:module");
enableCompileCache();
const { resolveDrizzleQuickly } = await import("./quick-resolve.mjs");
resolveDrizzleQuickly();
const { main } = await import("../src/main.ts");
process.exitCode = await main(process.argv.slice(2));
