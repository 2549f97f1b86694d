import { parseArgs } from "node:util";
import { type Collection, InputError, readCollections } from "./collection.ts";

export class UsageError extends Error {}

/** The collections that a command line names (`FILE.jsonl [--vectors FILE.npy] ...`), and its other options. */
export async function collectionArguments(
  usage: string,
  others: readonly string[],
): Promise<{ collections: Collection[]; options: Map<string, string> }> {
  const files: { file: string; vectors: string[] }[] = [];
  const options = new Map<string, string>();
  for (const token of tokens(usage, others)) {
    if (token.kind === "positional") files.push({ file: token.value, vectors: [] });
    else if (token.kind === "option" && token.value === undefined) throw new UsageError(usage);
    else if (token.kind === "option" && token.name !== "vectors") options.set(token.name, token.value!);
    else if (token.kind === "option" && files.length > 0) files.at(-1)!.vectors.push(token.value!);
    else throw new UsageError(`--vectors follows the file whose notes they are of\n${usage}`);
  }
  if (files.length === 0) throw new UsageError(usage);
  const collections: Collection[] = [];
  for (const { file, vectors } of files) collections.push(...(await readCollections(file, vectors)));
  return { collections, options };
}

function tokens(usage: string, others: readonly string[]) {
  try {
    return parseArgs({
      options: Object.fromEntries(
        ["vectors", ...others].map((name) => [name, { type: "string" as const, multiple: true }]),
      ),
      allowPositionals: true,
      tokens: true,
    }).tokens;
  } catch {
    // An unknown option: the usage says which there are.
    throw new UsageError(usage);
  }
}

/** Runs a bench; what the caller can mend is said in a line. */
export async function runBench(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof InputError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}
