// What a large crowd costs a page: seen from behind by one of them, and from the front by the artist.
import { randomUUID } from "node:crypto";
import type { Page } from "@playwright/test";
import WebSocket from "ws";
import { enterAsGuest, onStage } from "../tests/steps";
import { type Venue, expect, test } from "../tests/venue";
import { percentile, report } from "./figures";

const FIGURES = 500;
/** Gestures a second, of all together. */
const GESTURES = 50;
/** Messages a second, of all together: those who write have bubbles over their heads. */
const MESSAGES = 3;
const SECONDS = 6;
/** Milliseconds of the main thread for a frame that are wanted at most. */
const WANTED = 8;

interface Guest {
  socket: WebSocket;
  say(text: string): Promise<unknown>;
}

/** Brings a guest without a browser into the crowd of `show`. */
async function guest(venue: Venue, show: string, name: string): Promise<Guest> {
  const id = show.split("/").pop();
  const headers = { "Content-Type": "application/json", Origin: venue.url };
  const body = JSON.stringify({ show: id, name });
  const joined = await fetch(`${venue.url}/api/live/join`, { method: "POST", headers, body });
  if (!joined.ok) throw new Error(`join: ${joined.status} ${await joined.text()}`);
  const cookie = joined.headers
    .getSetCookie()
    .map((it) => it.split(";")[0])
    .join("; ");
  const { token } = await joined.json();
  const socket = new WebSocket(`${venue.url.replace("http", "ws")}/live`, {
    origin: venue.url,
    headers: { Cookie: cookie },
  });
  await new Promise<void>((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => socket.send(JSON.stringify({ subscribe: { topic: `show:${id}`, token } })));
    socket.on("message", (frame) => `${frame}`.includes('"subscribed"') && resolve());
  });
  const say = (text: string) =>
    fetch(`${venue.url}/api/chat/post`, {
      method: "POST",
      headers: { ...headers, Cookie: cookie },
      body: JSON.stringify({ place: `show:${id}`, id: randomUUID(), text }),
    });
  return { socket, say };
}

interface Cost {
  /** Milliseconds of the main thread for a frame, a value each quarter of a second. */
  busy: number[];
  /** Milliseconds between two frames. */
  gaps: number[];
}

/** Measures the page's main thread, all that it does, on a processor that is so many times slower. */
async function cost(page: Page, slower: number): Promise<Cost> {
  await page.bringToFront();
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await session.send("Emulation.setCPUThrottlingRate", { rate: slower });
  await page.evaluate(() => {
    const times: number[] = [];
    const frame = (now: number) => {
      times.push(now);
      requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    Object.assign(window, { times });
  });
  const times = () => page.evaluate(() => (window as unknown as { times: number[] }).times);
  const used = async () => {
    const { metrics } = await session.send("Performance.getMetrics");
    return (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN) * 1_000;
  };
  await page.waitForTimeout(1_500);
  const busy: number[] = [];
  const begun = (await times()).length;
  let [before, frames] = [await used(), begun];
  for (let quarter = 0; quarter < SECONDS * 4; quarter++) {
    await page.waitForTimeout(250);
    const [now, count] = [await used(), (await times()).length];
    if (count > frames) busy.push((now - before) / (count - frames));
    [before, frames] = [now, count];
  }
  const shown = (await times()).slice(begun);
  await session.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  await session.detach();
  return { busy, gaps: shown.slice(1).map((time, at) => time - shown[at]!) };
}

test("pages with a large crowd", async ({ person, venue, browser }) => {
  const artist = await person("Mira Voss", { viewport: { width: 1280, height: 800 } });
  const show = await onStage(artist);
  const ana = await person("Ana", { viewport: { width: 1280, height: 800 } });
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  const crowd: Guest[] = [];
  while (crowd.length < FIGURES - 1) {
    const some = Array.from({ length: Math.min(20, FIGURES - 1 - crowd.length) }, (_, at) =>
      guest(venue, show, `Guest ${crowd.length + at}`),
    );
    crowd.push(...(await Promise.all(some)));
  }
  await expect(ana.page.getByText(`${FIGURES} here`).first()).toBeVisible();
  await expect(artist.page.locator(".house-count")).toContainText(`${FIGURES}`);

  const id = show.split("/").pop();
  const moves = ["applause", "heart", "wave", "jump"];
  let turn = 0;
  const moving = setInterval(() => {
    const gesture = moves[turn % moves.length];
    crowd[(turn++ * 7) % crowd.length]!.socket.send(JSON.stringify({ gesture: { show: id, gesture } }));
  }, 1_000 / GESTURES);
  const talking = setInterval(() => {
    void crowd[(turn * 3) % 20]!.say(`I have heard this one before, and it was longer then: ${turn}.`);
  }, 1_000 / MESSAGES);

  const rows: [string, string][] = [];
  for (const [view, { page }] of [
    ["from behind", ana],
    ["from the front", artist],
  ] as const) {
    for (const slower of [1, 4]) {
      const { busy, gaps } = await cost(page, slower);
      const mean = busy.reduce((sum, it) => sum + it, 0) / busy.length;
      const name = `${view}, processor ${slower === 1 ? "as it is" : `slowed ${slower} ×`}`;
      const [median, most] = [percentile(busy, 0.5), percentile(busy, 0.95)];
      rows.push(
        [
          `${name}: main thread a frame, mean / median / 95th (wanted: at most ${WANTED} ms)`,
          `${mean.toFixed(1)} / ${median.toFixed(1)} / ${most.toFixed(1)} ms: ${most <= WANTED ? "met" : "NOT MET"}`,
        ],
        ["… frames per second", (1_000 / (gaps.reduce((sum, it) => sum + it, 0) / gaps.length)).toFixed(1)],
        [
          "… between two frames, median / 95th / longest",
          `${percentile(gaps, 0.5).toFixed(1)} / ${percentile(gaps, 0.95).toFixed(1)} / ${Math.max(...gaps).toFixed(1)} ms`,
        ],
      );
    }
  }
  clearInterval(moving);
  clearInterval(talking);
  for (const { socket } of crowd) socket.terminate();
  report(
    `Pages with ${FIGURES} figures`,
    `${SECONDS} s each with ${GESTURES} gestures and ${MESSAGES} messages a second and the live picture 640×480, all that the main thread does, Chromium ${browser.version()} headless without a GPU, 1280×800; server, artist and ${FIGURES - 1} further sockets on this machine`,
    rows,
  );
});
