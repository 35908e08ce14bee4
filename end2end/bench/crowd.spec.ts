// How smoothly a page draws a large crowd.
import WebSocket from "ws";
import { enterAsGuest, onStage } from "../tests/steps";
import { type Venue, expect, test } from "../tests/venue";
import { percentile, report } from "./figures";

const FIGURES = 500;
/** Gestures a second, of all together. */
const GESTURES = 50;
const SECONDS = 5;

/** Brings a guest without a browser into the crowd of `show`; answers their live channel. */
async function guest(venue: Venue, show: string, name: string): Promise<WebSocket> {
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
  return socket;
}

test("a page with a large crowd", async ({ person, venue, browser }) => {
  const show = await onStage(await person("Mira Voss"));
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  const crowd: WebSocket[] = [];
  while (crowd.length < FIGURES - 1) {
    const some = Array.from({ length: Math.min(20, FIGURES - 1 - crowd.length) }, (_, at) =>
      guest(venue, show, `Guest ${crowd.length + at}`),
    );
    crowd.push(...(await Promise.all(some)));
  }
  await expect(ana.page.getByText(`${FIGURES} here`)).toBeVisible();

  const id = show.split("/").pop();
  const moves = ["applause", "heart", "wave", "jump"];
  let turn = 0;
  const moving = setInterval(() => {
    const gesture = moves[turn % moves.length];
    crowd[(turn++ * 7) % crowd.length].send(JSON.stringify({ gesture: { show: id, gesture } }));
  }, 1_000 / GESTURES);
  const times = await ana.page.evaluate(
    (seconds) =>
      new Promise<number[]>((resolve) => {
        const begun = performance.now();
        const times: number[] = [];
        const frame = (now: number) => {
          times.push(now);
          if (now - begun < seconds * 1_000) requestAnimationFrame(frame);
          else resolve(times);
        };
        requestAnimationFrame(frame);
      }),
    SECONDS,
  );
  clearInterval(moving);
  for (const socket of crowd) socket.terminate();

  const gaps = times.slice(1).map((time, at) => time - times[at]);
  const rate = (times.length - 1) / ((times[times.length - 1] - times[0]) / 1_000);
  report(
    `A page with ${FIGURES} figures`,
    `${SECONDS} s with ${GESTURES} gestures a second and the live picture 640×480, Chromium ${browser.version()} headless without a GPU, 1280×720; server, artist and ${FIGURES - 1} further sockets on this machine`,
    [
      ["frames per second", rate.toFixed(1)],
      [
        "between two frames, median / 95th / longest",
        `${percentile(gaps, 0.5).toFixed(1)} / ${percentile(gaps, 0.95).toFixed(1)} / ${Math.max(...gaps).toFixed(1)} ms`,
      ],
    ],
  );
});
