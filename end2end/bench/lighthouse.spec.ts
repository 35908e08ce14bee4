// Lighthouse's mobile audit of what strangers see first.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { announce, register } from "../tests/steps";
import { expect, test } from "../tests/venue";
import { percentile, report } from "./figures";

const RUNS = 3;
const SHOWS = 8;
const WANTED = 95;
/** Audits that tell where the first category's points went. */
const DETAILS = [
  "first-contentful-paint",
  "largest-contentful-paint",
  "total-blocking-time",
  "cumulative-layout-shift",
];

interface Audited {
  lighthouseVersion: string;
  categories: Record<string, { title: string; score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, { title: string; score: number | null; numericValue?: number; displayValue?: string }>;
}

test("Lighthouse", async ({ person, venue, launchOptions }) => {
  const program = process.env.LIGHTHOUSE;
  test.skip(!program, "LIGHTHOUSE names no program: ./bandstand bench lighthouse does");
  const artist = await person("Mira Voss");
  const handle = await register(artist, "artist");
  let show = "";
  for (let at = 0; at < SHOWS; at++) show = await announce(artist, `An evening, number ${at}`, 60 + at * 130);
  await artist.context.close();

  const flags = ["--headless=new", "--no-sandbox", "--disable-gpu"].join(" ");
  const audit = async (path: string): Promise<Audited> => {
    const options = ["--output=json", "--quiet", `--chrome-flags=${flags}`];
    const { stdout } = await promisify(execFile)(program!, [venue.url + path, ...options], {
      env: { ...process.env, CHROME_PATH: launchOptions.executablePath },
      maxBuffer: 64 * 1024 * 1024,
    });
    return JSON.parse(stdout) as Audited;
  };

  for (const [what, path] of [
    ["What's on", "/"],
    ["a show's page", show],
    ["an artist's page", `/artists/${handle}`],
    ["log in", "/log-in"],
  ] as const) {
    const runs: Audited[] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await audit(path));
    const [first] = runs;
    expect(first).toBeDefined();
    const median = (read: (run: Audited) => number) => percentile(runs.map(read), 0.5);
    const lost = new Set<string>();
    const rows: [string, string][] = Object.entries(first!.categories).map(([id, { title, auditRefs }]) => {
      const points = Math.round(100 * median((run) => run.categories[id]!.score));
      if (points < 100 && id !== "performance") {
        for (const { id, weight } of auditRefs) if (weight && first!.audits[id]?.score === 0) lost.add(id);
      }
      return [title, `${points}${points < WANTED ? ` (wanted: ${WANTED}): NOT MET` : ""}`];
    });
    for (const id of DETAILS) {
      const value = median((run) => run.audits[id]!.numericValue ?? Number.NaN);
      const layout = id === "cumulative-layout-shift";
      rows.push([`  ${first!.audits[id]!.title}`, layout ? value.toFixed(3) : `${Math.round(value)} ms`]);
    }
    if (lost.size > 0) rows.push(["  Failed", [...lost].join(", ")]);
    report(
      `Lighthouse ${first!.lighthouseVersion}, mobile: ${what}`,
      `median of ${RUNS}, ${SHOWS} shows announced, Chromium without a GPU, its own simulated network and processor, server on this machine`,
      rows,
    );
  }
});
