// Splits the program as the linker made it, and binds its base to JavaScript.
import { execFileSync } from "node:child_process";
import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

export const NAME = "bandstand";

// leptos links `hydrate_async` of every view. It is entered by `leptos::mount::hydrate_from_async` alone,
// which the app doesn't call: it calls `hydrate_body`. No linker can know, as views are called through
// tables. The compiler makes one function of several with the same code, but never of these and others: each
// refers to a future's own code, and that names its place in the source when it panics.
const NEVER_RUN = String.raw`13hydrate_async(28_\$u7b\$\$u7b\$closure\$u7d\$\$u7d\$)?17h[0-9a-f]{16}E$`;
// In bytes as the linker makes them, of which brotli leaves a quarter or a third: what would be a file of less
// than 8 KiB isn't worth a request.
const SMALLEST_CHUNK = 40 * 1024;
// A part comes in no more files than these and its own.
const MOST_CHUNKS = 8;
// How much a byte counts that a part loads without need: most where people come first, and where size.mjs
// leaves the least room.
const WEIGHTS = {
  watch: 9.5,
  home: 13.4,
  shows: 8.7,
  account: 7.1,
  studio: 8.6,
  doors: 4.4,
  device: 3.5,
  archive: 4.6,
  rooms: 7.6,
  room_settings: 4.4,
  notices: 3.1,
};

// split(folder, release): puts base and parts into the folder, and answers with the parts by their names: their
// functions, and the modules that they need beside the base, in the order in which they are loaded.
export function split(folder, release) {
  const { CARGO_TARGET_DIR: target = "target" } = process.env;
  const whole = `${target}/wasm32-unknown-unknown/${release ? "wasm-release" : "debug"}/bandstand-frontend.wasm`;
  const manifest = join(folder, "manifest.json");
  const limits = [`--smallest-chunk=${SMALLEST_CHUNK}`, `--most-chunks=${MOST_CHUNKS}`];
  for (const [part, weight] of Object.entries(WEIGHTS)) limits.push(`--weight=${part}=${weight}`);
  // In a debug build it would only take time.
  const emptied = release ? [`--never-run=${NEVER_RUN}`] : [];
  run("wasm-split-cli", [whole, folder, `--out-name=${NAME}`, `--manifest=${manifest}`, ...limits, ...emptied]);
  const base = join(folder, "unbound.wasm");
  renameSync(join(folder, `${NAME}.wasm`), base);
  // The base exports what the parts import, under the names that the linker gave.
  const binding = ["--target=web", "--no-typescript", "--keep-lld-exports", "--no-demangle"];
  run("wasm-bindgen", [...binding, `--out-name=${NAME}`, `--out-dir=${folder}`, base]);
  rmSync(base);
  return JSON.parse(readFileSync(manifest, "utf8"));
}

function run(program, args) {
  execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
}
