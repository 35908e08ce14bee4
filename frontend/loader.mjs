// The script that loads parts: the splitter's, by which a part comes with what it shares, on the files of this
// build; and what a first visit loads, which is one stream.
import { readFileSync } from "node:fs";

const FETCH = /fetch\(new URL\("\.\/([^"]+)\.wasm", import\.meta\.url\)\)/g;

// loader(script, file): `file` names a module's file.
export function loader(script, file) {
  const found = script.replaceAll(FETCH, (_, name) => `get(${JSON.stringify(file(name))})`);
  if (found.includes("fetch(")) throw new Error("the splitter's script fetches in another way than it did");
  return `${found}\n${readFileSync(new URL("loader.js", import.meta.url), "utf8")}`;
}
