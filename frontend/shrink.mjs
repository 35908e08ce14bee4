// Makes the programs of a folder of pages as small as they can be: takes out what is linked in and never
// run, then lets wasm-opt do the rest.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "binaryen";
import { order } from "./order.mjs";

// leptos links `hydrate_async` of every view. It is entered by `leptos::mount::hydrate_from_async` alone,
// which the app doesn't call: it calls `hydrate_body`. No linker can know, as views are called through
// tables. Only the futures' own bodies are emptied: the compiler makes one of functions with the same
// code, but never of these with others, as each names its place in the source when it panics.
const NEVER_RUN = /hydrate_async::\{\{closure\}\}(::h[0-9a-f]{16})?$/;

const folder = process.argv[2];
for (const name of readdirSync(folder).filter((name) => name.endsWith(".wasm"))) {
  const path = join(folder, name);
  const module = binaryen.readBinary(readFileSync(path));
  let emptied = 0;
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const found = module.getFunctionByIndex(index);
    const { name, module: imported } = binaryen.getFunctionInfo(found);
    if (imported || !NEVER_RUN.test(name)) continue;
    binaryen.Function.setBody(found, module.unreachable());
    emptied++;
  }
  if (emptied === 0) throw new Error(`${name}: nothing is called ${NEVER_RUN}; were the names stripped?`);
  writeFileSync(path, module.emitBinary());
  module.dispose();
  // Smaller by -Oz, and yet longer in brotli.
  execFileSync("wasm-opt", ["-Os", path, "-o", path], { stdio: "inherit" });
  order(path);
}
