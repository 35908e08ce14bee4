// How long a first visit takes until its page is alive, on a slow phone and line.
import { announce, register } from "../tests/steps";
import { test } from "../tests/venue";
import { ms, percentile, report } from "./figures";

const VISITS = 9;
const SHOWS = 8;
const SLOWED = 4;
/** 3 Mbit/s, and 100 ms until an answer begins. */
const LINE = { offline: false, latency: 100, downloadThroughput: 3e6 / 8, uploadThroughput: 3e6 / 8 };

/** Runs in a page before anything of it: notes when it is alive, and its largest paint so far. */
const noteAlive = () => {
  const watch = new MutationObserver(() => {
    if (!("alive" in document.documentElement.dataset)) return;
    Object.assign(window, { aliveAfter: performance.now() });
    watch.disconnect();
  });
  watch.observe(document, { attributeFilter: ["data-alive"], subtree: true });
};

test("a first visit until it is alive", async ({ person, venue, browser }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  let show = "";
  for (let at = 0; at < SHOWS; at++) show = await announce(artist, `An evening, number ${at}`, 60 + at * 130);
  await artist.context.close();

  for (const [what, path] of [
    ["What's on", "/"],
    ["a show's page", show],
  ]) {
    const [painted, alive]: [number[], number[]] = [[], []];
    for (let visit = 0; visit < VISITS; visit++) {
      const context = await browser.newContext({ serviceWorkers: "block", viewport: { width: 412, height: 823 } });
      await context.addInitScript(noteAlive);
      const page = await context.newPage();
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions", LINE);
      await session.send("Emulation.setCPUThrottlingRate", { rate: SLOWED });
      await page.goto(venue.url + path, { waitUntil: "commit" });
      const after = await page.waitForFunction(() => (window as unknown as { aliveAfter?: number }).aliveAfter);
      alive.push((await after.jsonValue())!);
      painted.push(
        await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Number.NaN),
      );
      await context.close();
    }
    report(
      `First visit of ${what}, at 3 Mbit/s and 100 ms, processor slowed ${SLOWED} ×`,
      `${VISITS} visits with an empty cache, ${SHOWS} shows announced, Chromium without a GPU, server on this machine`,
      [
        ["first paint, median", ms(percentile(painted, 0.5))],
        ["alive, median / longest", `${ms(percentile(alive, 0.5))} / ${ms(Math.max(...alive))}`],
      ],
    );
  }
});
