// Orders the functions of a program by the beginning of their code, so that what is alike stands together:
// brotli then finds more of it (2 % less). Calls go by number, so nothing else changes.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const IMPORT = 2;
const CODE = 10;
const FUNCTION = 0;
// Of each function, so much of its code is compared.
const COMPARED = 64;

// order PATH: orders the program in place, by names that are made up for the one pass that sorts by names.
export function order(path) {
  const bytes = readFileSync(path);
  const bodies = read(bytes);
  const sorted = [...bodies].sort((one, other) => Buffer.compare(one.code, other.code));
  const names = sorted.map((body, place) => [body.index, String(place).padStart(6, "0")]);
  names.sort((one, other) => one[0] - other[0]);
  writeFileSync(path, Buffer.concat([bytes, nameSection(names)]));
  execFileSync("wasm-opt", ["--reorder-functions-by-name", path, "-o", path], { stdio: "inherit" });
}

// The bodies of a program's own functions, which are numbered after the imported ones (WebAssembly 2.0,
// section 5.5).
function read(bytes) {
  let at = 8;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  };
  const skipText = () => {
    const length = number();
    at += length;
  };
  const skipLimits = () => {
    const flags = bytes[at++];
    number();
    if (flags & 1) number();
  };
  let imported = 0;
  const bodies = [];
  while (at < bytes.length) {
    const section = bytes[at++];
    const length = number();
    const end = at + length;
    if (section === IMPORT) {
      for (let left = number(); left > 0; left--) {
        skipText();
        skipText();
        const kind = bytes[at++];
        if (kind === FUNCTION) imported++;
        if (kind === FUNCTION) number();
        else if (kind === 1) (at++, skipLimits());
        else if (kind === 2) skipLimits();
        else at += 2;
      }
    } else if (section === CODE) {
      for (let left = number(); left > 0; left--) {
        const size = number();
        const code = bytes.subarray(at, at + Math.min(size, COMPARED));
        bodies.push({ index: imported + bodies.length, code });
        at += size;
      }
    }
    at = end;
  }
  return bodies;
}

// A name section of functions alone (section 7.4 there).
function nameSection(names) {
  const pairs = names.map(([index, name]) => Buffer.concat([leb(index), text(name)]));
  const functions = Buffer.concat([leb(names.length), ...pairs]);
  const content = Buffer.concat([text("name"), Buffer.from([1]), leb(functions.length), functions]);
  return Buffer.concat([Buffer.from([0]), leb(content.length), content]);
}

function text(name) {
  return Buffer.concat([leb(name.length), Buffer.from(name)]);
}

function leb(value) {
  const bytes = [];
  do {
    bytes.push((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
    value = Math.floor(value / 128);
  } while (value > 0);
  return Buffer.from(bytes);
}
