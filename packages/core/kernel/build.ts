import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import asc from "assemblyscript/asc";

/** Where the compiled kernel is kept: as text in a module, so that it travels in every bundle without an asset. */
export const artefact = new URL("../src/clustering/kernel-bytes.ts", import.meta.url);

const sources = ["neighbours.ts", "packing.ts", "directions.ts"];

/** @throws {Error} with what the compiler says. */
export async function compiledModule(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kernel-"));
  try {
    const { error, stderr } = await asc.main(
      [
        ...sources.map((name) => new URL(name, import.meta.url).pathname),
        "-O3",
        "--noAssert",
        ...["--runtime", "stub"],
        ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
        ...["--enable", "simd", "--enable", "relaxed-simd", "--enable", "threads"],
        ...["--outFile", join(folder, "neighbours.wasm"), "--baseDir", "/"],
      ],
      {},
    );
    if (error !== null) throw new Error(`the kernel does not compile: ${stderr.toString()}`);
    const bytes = await readFile(join(folder, "neighbours.wasm"));
    return source(bytes.toString("base64"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function source(base64: string): string {
  const lines = base64.match(/.{1,100}/g)!.map((line) => `  "${line}",`);
  return [
    "// Compiled from ../../kernel by `npm run kernel:build`; a test compiles it again and compares.",
    "",
    "export const kernelBase64 = [",
    ...lines,
    '].join("");',
    "",
  ].join("\n");
}

if (import.meta.main) {
  await writeFile(artefact, await compiledModule());
  process.stdout.write(`wrote ${artefact.pathname}\n`);
}
