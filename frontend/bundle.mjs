// Makes one style sheet of those that a folder of pages loads, in their order: one request instead of one a feature.
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export function bundle(site) {
  const page = join(site, "index.html");
  const html = readFileSync(page, "utf8");
  const links = [...html.matchAll(/ *<link rel="stylesheet" href="\/([^"]+\.css)"\/?>\n/g)];
  if (links.length === 0) throw new Error(`${page}: it loads no style sheet`);
  const files = links.map(([, name]) => join(site, name));
  const style = files.map((file) => readFileSync(file, "utf8")).join("\n");
  const name = `style-${createHash("sha256").update(style).digest("hex").slice(0, 16)}.css`;
  for (const file of files) rmSync(file);
  writeFileSync(join(site, name), style);
  const [first, ...others] = links.map(([link]) => link);
  const rest = others.reduce((text, link) => text.replace(link, ""), html);
  writeFileSync(page, rest.replace(first, `    <link rel="stylesheet" href="/${name}"/>\n`));
}
