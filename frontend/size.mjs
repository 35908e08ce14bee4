// Says how large what each part of the app loads first is in brotli, and fails when its WASM is too large.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const MOST_WASM = 350;
const site = process.argv[2];
const compressed = readdirSync(site).filter((name) => name.endsWith(".br"));
const kib = (names) => names.reduce((sum, name) => sum + statSync(join(site, name)).size, 0) / 1024;
const shared = kib(compressed.filter((name) => name.endsWith(".css.br")));
let good = true;
for (const page of ["index", "account", "watch", "studio"]) {
  const html = readFileSync(join(site, `${page}.html`), "utf8");
  const loaded = compressed.filter((name) => html.includes(name.slice(0, -3)));
  const wasm = kib(loaded.filter((name) => name.endsWith(".wasm.br")));
  const script = kib(loaded.filter((name) => name.endsWith(".js.br")));
  good &&= wasm > 0 && wasm <= MOST_WASM;
  console.log(
    `${page.padEnd(7)} in brotli: WASM ${wasm.toFixed(1)} KiB (at most ${MOST_WASM}), script ${script.toFixed(1)} KiB, styles ${shared.toFixed(1)} KiB`,
  );
}
if (!good) process.exit(1);
