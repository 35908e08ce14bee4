// Trunk's hook after a build: makes of what Trunk has put together what browsers load. The program is split
// into base and parts, made small in a release, and given names with a hash; each part with pages gets the
// markup that loads it. `parts.json` says it all to the server, and to size.mjs.
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bundle } from "./bundle.mjs";
import { loader } from "./loader.mjs";
import { shrink } from "./shrink.mjs";
import { NAME, split } from "./split.mjs";

const { TRUNK_STAGING_DIR: site, TRUNK_PROFILE: profile } = process.env;
const release = profile === "release";
const work = mkdtempSync(join(site, ".split-"));

bundle(site);
const parts = split(work, release);
const modules = readdirSync(work).filter((name) => name.endsWith(".wasm"));
if (release) await shrink(modules.map((name) => join(work, name)));

// One hash for all: parts fit no base but their own.
const glue = readFileSync(join(work, `${NAME}.js`), "utf8");
const links = readFileSync(join(work, "__wasm_split.js"), "utf8");
const hash = createHash("sha256").update(glue).update(links);
for (const name of modules.toSorted()) hash.update(readFileSync(join(work, name)));
const mark = hash.digest("hex").slice(0, 16);
const program = `bandstand-${mark}.js`;
const loading = `parts-${mark}.js`;
const base = `${NAME}_bg`;
// A module's file by its name in the splitter's output.
const file = (name) => `${name.replace(/^split_/, "part-").replace(/^chunk_/, "shared-")}-${mark}.wasm`;
const content = (name) => readFileSync(join(work, `${name}.wasm`));

const manifest = { parts: {} };
for (const [part, { functions, files }] of Object.entries(parts)) {
  const told = { files: files.map(file) };
  manifest.parts[part] = told;
  if (!functions.includes("page")) continue;
  // A first visit gets all it needs in one stream, which compresses best.
  const pieces = [base, ...files].map((name) => [name === base ? "base" : file(name), content(name)]);
  told.first = `first-${part}-${mark}.bin`;
  writeFileSync(join(site, told.first), Buffer.concat(pieces.map(([, bytes]) => bytes)));
  const lengths = JSON.stringify(pieces.map(([name, bytes]) => [name, bytes.length]));
  told.head = `<link rel="modulepreload" href="/${program}" nonce="{{__TRUNK NONCE__}}" crossorigin="anonymous">
<link rel="modulepreload" href="/${loading}" nonce="{{__TRUNK NONCE__}}" crossorigin="anonymous">
<link rel="preload" href="/${told.first}" crossorigin="anonymous" as="fetch">
<script type="module" nonce="{{__TRUNK NONCE__}}">
Promise.all([import("/${program}"), import("/${loading}")])
  .then(([{ default: init }, { first }]) => init({ module_or_path: first("/${told.first}", ${lengths}) }))
  .catch((error) => { if (!("leaving" in document.documentElement.dataset)) console.error(error); dispatchEvent(new Event("notloaded")); });
</script>
`;
}
for (const name of modules.map((name) => name.slice(0, -".wasm".length)))
  if (name !== base) writeFileSync(join(site, file(name)), content(name));
writeFileSync(join(site, program), renamed(glue, "./__wasm_split.js", `./${loading}`));
writeFileSync(join(site, loading), loader(renamed(links, `./${NAME}.js`, `./${program}`), file));
writeFileSync(join(site, "parts.json"), JSON.stringify(manifest, null, 2));
if (existsSync(join(work, "snippets"))) cpSync(join(work, "snippets"), join(site, "snippets"), { recursive: true });
rmSync(work, { recursive: true });

// What Trunk has made of the whole program is nothing that runs.
const page = join(site, "index.html");
const html = readFileSync(page, "utf8");
const [, whole] = /from '\/(bandstand-frontend-[0-9a-f]+)\.js'/.exec(html);
for (const name of readdirSync(site)) if (name.startsWith(whole)) rmSync(join(site, name));
const rest = html
  .replace(/<script type="module"[^>]*>[\s\S]*?<\/script>/, "")
  .replaceAll(new RegExp(`<link[^>]*${whole}[^>]*>`, "g"), "");
if (rest.includes(whole)) throw new Error(`${page}: what loads ${whole} has another form than it had`);
writeFileSync(page, rest.replace("</head>", "{{PART}}</head>"));

function renamed(text, from, to) {
  if (!text.includes(`from "${from}"`)) throw new Error(`nothing imports ${from}`);
  // What a module is called inside of the program stays.
  return text.replaceAll(`from "${from}"`, `from "${to}"`);
}
