// The script that loads parts: the splitter's, by which a part comes with what it shares, on the files of this
// build; and what a first visit loads, which is one stream.
import { readFileSync } from "node:fs";

const FETCH = /fetch\(new URL\("\.\/([^"]+)\.wasm", import\.meta\.url\)\)/g;

// loader(script, file): `file` names a module's file.
export function loader(script, file) {
  const found = script.replaceAll(FETCH, (_, name) => `get(${JSON.stringify(file(name))})`);
  const error = "console.error(e);";
  if (!found.includes(error)) throw new Error("the splitter's script tells of failures in another way than it did");
  if (found.includes("fetch(")) throw new Error("the splitter's script fetches in another way than it did");
  // Whoever asked for a part says that it can't be loaded; that a page is left while one comes is no error.
  return `${found.replace(error, "console.info(e);")}\n${readFileSync(new URL("loader.js", import.meta.url), "utf8")}`;
}
