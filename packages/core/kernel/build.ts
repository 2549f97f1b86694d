import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import asc from "assemblyscript/asc";

/** A module that is compiled, and where it is kept: as text in a module, so that it travels in every bundle without an asset. */
export interface Kernel {
  name: string;
  sources: readonly string[];
  flags: readonly string[];
  artefact: URL;
}

export const kernels: readonly Kernel[] = [
  {
    name: "kernel",
    sources: ["neighbours.ts", "packing.ts", "directions.ts"],
    // One memory for all threads of a search.
    flags: [
      ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
      ...["--enable", "relaxed-simd", "--enable", "threads"],
    ],
    artefact: new URL("../src/clustering/kernel-bytes.ts", import.meta.url),
  },
  {
    name: "pieceKernel",
    sources: ["pieces.ts"],
    flags: ["--initialMemory", "20"],
    artefact: new URL("../src/embedding/piece-kernel-bytes.ts", import.meta.url),
  },
];

/** @throws {Error} with what the compiler says. */
export async function compiledModule({ name, sources, flags }: Kernel): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kernel-"));
  try {
    const { error, stderr } = await asc.main(
      [
        ...sources.map((source) => new URL(source, import.meta.url).pathname),
        ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "simd", ...flags],
        ...["--outFile", join(folder, "kernel.wasm"), "--baseDir", "/"],
      ],
      {},
    );
    if (error !== null) throw new Error(`the kernel does not compile: ${stderr.toString()}`);
    const bytes = await readFile(join(folder, "kernel.wasm"));
    return source(name, bytes.toString("base64"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

function source(name: string, base64: string): string {
  const lines = base64.match(/.{1,100}/g)!.map((line) => `  "${line}",`);
  return [
    "// Compiled from ../../kernel by `npm run kernel:build`; a test compiles it again and compares.",
    "",
    `export const ${name}Base64 = [`,
    ...lines,
    '].join("");',
    "",
  ].join("\n");
}

if (import.meta.main) {
  for (const kernel of kernels) {
    await writeFile(kernel.artefact, await compiledModule(kernel));
    process.stdout.write(`wrote ${kernel.artefact.pathname}\n`);
  }
}
