// Says how large what the first page loads is in brotli, and fails when the WASM is too large.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const MOST_WASM = 350 * 1024;
const site = process.argv[2];
const html = readFileSync(join(site, "index.html"), "utf8");
let wasm = 0;
for (const name of readdirSync(site)) {
  if (!name.endsWith(".br") || !html.includes(name.slice(0, -3))) continue;
  const { size } = statSync(join(site, name));
  console.log(`${(size / 1024).toFixed(1).padStart(8)} KiB in brotli  ${name.slice(0, -3)}`);
  if (name.endsWith(".wasm.br")) wasm += size;
}
if (wasm === 0) throw new Error("no WASM found in the site");
console.log(`${(wasm / 1024).toFixed(1).padStart(8)} KiB of WASM in brotli, at most ${MOST_WASM / 1024}`);
if (wasm > MOST_WASM) process.exit(1);
