/**
 * What a deployed stage costs, from published prices and from the very lists that the stack is made of.
 *
 *   npm run costs              prints docs/costs.md
 *   npm run costs -- --write   writes it
 */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { costPage } from "./cost/page.ts";

if (process.argv.includes("--write")) writeFileSync(new URL("../docs/costs.md", import.meta.url), costPage());
else process.stdout.write(costPage());
