import { appendFileSync } from "node:fs";

/** Prints what a fault's test did and found, on a line of its own; also to the file that NOCTUARY_FAULT_FIGURES names. */
export function figures(fault: string, found: Record<string, string | number>): void {
  const line = `${fault}: ${Object.entries(found)
    .map(([name, value]) => `${name} ${typeof value === "number" ? value.toLocaleString("en") : value}`)
    .join(", ")}`;
  process.stdout.write(`\n  figures  ${line}\n`);
  const file = process.env.NOCTUARY_FAULT_FIGURES;
  if (file) appendFileSync(file, `${line}\n`);
}

/** How often: the count that fits the gate, or all of it under NOCTUARY_FAULTS=full. */
export function times(gate: number, full: number): number {
  const own = Number(process.env.NOCTUARY_FAULT_COUNT);
  if (own > 0) return own;
  return process.env.NOCTUARY_FAULTS === "full" ? full : gate;
}

/** A new seed each time, or the one to look at again: NOCTUARY_SEED. */
export function newSeed(): number {
  return Number(process.env.NOCTUARY_SEED) || Math.floor(Math.random() * 2 ** 31);
}
