// Writes a .br beside every file of the site that compresses well, for the server to send as it is.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const site = process.argv[2];
for (const entry of readdirSync(site, { recursive: true, withFileTypes: true })) {
  const path = join(entry.parentPath ?? entry.path, entry.name);
  if (!entry.isFile() || !/\.(bin|wasm|js|css|svg|json|webmanifest|html)$/.test(path)) continue;
  const content = readFileSync(path);
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 };
  writeFileSync(`${path}.br`, brotliCompressSync(content, { params }));
}
