// Glass to glass: from the camera's capturing a picture to a viewer's screen showing it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import journeys from "../playwright.config";
import { announce, enterAsGuest, goLive, register } from "../tests/steps";
import { test } from "../tests/venue";
import { type Reading, film, FRAMES, readClock } from "./clock";
import { ms, percentile, report } from "./figures";

const SECONDS = 30;
const folder = mkdtempSync(join(tmpdir(), "bandstand-clock-"));
const launch = journeys.use?.launchOptions;
test.use({
  launchOptions: {
    ...launch,
    args: [...(launch?.args ?? []), `--use-file-for-fake-video-capture=${folder}/clock.y4m`],
  },
});
test.beforeAll(() => film(`${folder}/clock.y4m`));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("glass to glass", async ({ person, browser }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  await goLive(artist, show);
  await artist.page.evaluate(readClock, "captured" as const);
  const viewer = await person("Ana");
  await enterAsGuest(viewer, show);
  await viewer.seesAndHears();
  await viewer.page.evaluate(readClock, "shown" as const);
  // The first seconds are for encoder and jitter buffer to settle.
  await viewer.page.waitForTimeout(5_000);
  await viewer.page.evaluate(() => (window as unknown as { readings: Reading[] }).readings.splice(0));
  await viewer.page.waitForTimeout(SECONDS * 1_000);

  const read = (one: typeof viewer) => one.page.evaluate(() => (window as unknown as { readings: Reading[] }).readings);
  const captured = await read(artist);
  const shown = await read(viewer);
  const delays: number[] = [];
  for (const { number, at } of shown) {
    const filmed = captured.findLast((one) => one.number === number && one.at <= at);
    // Longer ago than the clock goes round, it is another frame of the same number.
    if (filmed && at - filmed.at < (FRAMES * 1_000) / 30) delays.push(at - filmed.at);
  }
  report(
    "Glass to glass, from capture to the viewer's screen",
    `${SECONDS} s, ${delays.length} of ${shown.length} frames matched, a file of 640×480 at 30 frames a second as camera, Chromium ${browser.version()} headless without a GPU, artist, server and viewer on this machine`,
    [
      ["median", ms(percentile(delays, 0.5))],
      [
        "95th percentile (wanted: at most 150 ms)",
        `${ms(percentile(delays, 0.95))}: ${percentile(delays, 0.95) <= 150 ? "met" : "NOT MET"}`,
      ],
      ["longest", ms(Math.max(...delays))],
      ["frames shown a second", (shown.length / SECONDS).toFixed(1)],
    ],
  );
});
