// Says how large in brotli the WASM is that each page needs until it is alive, and what comes later, and fails
// when anything is larger than it may be, or comes in too many files.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

// In KiB: what a first visit to a part's pages loads before they are alive.
const FIRST = {
  home: 300,
  doors: 300,
  shows: 300,
  account: 330,
  device: 300,
  archive: 330,
  rooms: 330,
  room_settings: 330,
  notices: 330,
  watch: 300,
  studio: 330,
};
// In KiB: what each part adds by itself.
const OWN = {
  home: 60,
  doors: 20,
  shows: 40,
  account: 90,
  device: 25,
  archive: 60,
  rooms: 60,
  room_settings: 60,
  notices: 40,
  beside: 40,
  bell: 10,
  happenings: 35,
  attach: 20,
  uploads: 45,
  watch: 60,
  studio: 60,
  channel: 35,
  chat: 45,
  answers: 50,
  desk: 35,
  crowd: 40,
  farewell: 30,
  editing: 15,
  figure: 25,
  media: 30,
  panels: 55,
  sending: 30,
  house: 20,
  report: 10,
  radio: 10,
  address: 10,
  lock: 10,
  picture: 20,
  playing: 15,
  replay: 40,
  translation: 35,
  moments: 15,
  bookmarks: 25,
};
// What several parts share comes in files worth a request.
const LEAST_SHARED = 8;
// A part comes in no more files.
const MOST_FILES = 9;

const site = process.argv[2];
const { parts } = JSON.parse(readFileSync(join(site, "parts.json"), "utf8"));
const kib = (name) => statSync(join(site, `${name}.br`)).size / 1024;
let good = true;
const say = (words, isGood) => {
  good &&= isGood;
  console.log(`${isGood ? " " : "!"} ${words}`);
};
const sum = (ending) =>
  readdirSync(site)
    .filter((name) => name.endsWith(ending))
    .reduce((all, name) => all + kib(name.slice(0, -3)), 0);
console.log(`In brotli: script ${sum(".js.br").toFixed(1)} KiB, styles ${sum(".css.br").toFixed(1)} KiB; WASM:`);
for (const [part, { first, files }] of Object.entries(parts)) {
  const own = files.filter((file) => file.startsWith("part-")).reduce((all, file) => all + kib(file), 0);
  const shared = files.filter((file) => file.startsWith("shared-"));
  const bounds = [OWN[part] !== undefined && own <= OWN[part], files.length <= MOST_FILES];
  let words = `${part.padEnd(9)}`;
  if (first) {
    bounds.push(kib(first) <= FIRST[part]);
    words += ` first visit ${kib(first).toFixed(1)} KiB (at most ${FIRST[part]}),`;
  }
  words += ` own ${own.toFixed(1)} KiB (at most ${OWN[part]}), shares ${shared.length} files`;
  say(words, bounds.every(Boolean));
}
for (const file of readdirSync(site).filter((name) => /^shared-.*wasm$/.test(name))) {
  const users = Object.keys(parts).filter((part) => parts[part].files.includes(file));
  say(
    `shared by ${users.join(", ")}: ${kib(file).toFixed(1)} KiB (at least ${LEAST_SHARED})`,
    kib(file) >= LEAST_SHARED,
  );
}
if (!good) process.exit(1);
