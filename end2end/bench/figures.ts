// How figures are summed up and printed.
import { cpus, release } from "node:os";

/** The value below which `share` of the values lie. */
export function percentile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** Prints a measurement with the conditions under which it was taken. */
export function report(what: string, conditions: string, rows: [string, string][]): void {
  console.log(`\n${what}`);
  console.log(`  conditions: ${conditions}; ${cpus().length} × ${cpus()[0]?.model.trim()}, Linux ${release()}`);
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`);
}

export const ms = (value: number) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
