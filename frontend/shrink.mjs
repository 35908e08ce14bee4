// Makes the modules of the program as small as they can be.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { order } from "./order.mjs";

// As many at a time as the cores of a small machine.
const AT_ONCE = 2;

export async function shrink(paths) {
  const left = [...paths];
  const work = async () => {
    for (let path; (path = left.pop());) {
      // Smaller by -Oz, and yet longer in brotli.
      await promisify(execFile)("wasm-opt", ["-Os", path, "-o", path]);
      order(path);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}
