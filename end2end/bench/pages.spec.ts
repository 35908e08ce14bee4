// How fast the first HTML comes, and how much a first visit loads.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { announce, register } from "../tests/steps";
import { test } from "../tests/venue";
import { ms, percentile, report } from "./figures";

const REQUESTS = 200;
const SHOWS = 24;

test("first HTML and size", async ({ person, venue }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  let show = "";
  for (let at = 0; at < SHOWS; at++) show = await announce(artist, `An evening, number ${at}`, 10 + at * 130);

  for (const [what, path] of [
    ["What's on", "/"],
    ["a show's page", show],
  ]) {
    const first: number[] = [];
    const whole: number[] = [];
    let bytes = 0;
    for (let at = 0; at < REQUESTS; at++) {
      const start = performance.now();
      const response = await fetch(venue.url + path);
      first.push(performance.now() - start);
      bytes = (await response.text()).length;
      whole.push(performance.now() - start);
    }
    report(
      `First HTML of ${what}`,
      `${REQUESTS} requests one after the other on one connection to this machine, ${SHOWS} shows announced, SQLite, release`,
      [
        ["headers, median / 95th", `${ms(percentile(first, 0.5))} / ${ms(percentile(first, 0.95))}`],
        ["whole page, median / 95th", `${ms(percentile(whole, 0.5))} / ${ms(percentile(whole, 0.95))}`],
        ["size, not compressed", `${(bytes / 1024).toFixed(1)} KiB`],
      ],
    );
  }

  console.log(`\nWhat the pages load (brotli quality 11, wasm-opt -Os)`);
  const root = join(import.meta.dirname, "../..");
  console.log(execFileSync("node", ["frontend/size.mjs", "target/site"], { cwd: root, encoding: "utf8" }));
});
