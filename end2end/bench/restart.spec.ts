// A restart of the venue: from its being up again until artist and audience see each other.
import { setTimeout as passed } from "node:timers/promises";
import { enterAsGuest, onStage } from "../tests/steps";
import { type Person, test } from "../tests/venue";
import { ms, percentile, report } from "./figures";

const AWAY = [500, 8_000];
const SIGNALS = ["SIGTERM", "SIGKILL"] as const;
const TRIES = { Chromium: Number(process.env.BENCH_TRIES ?? 20), Firefox: Number(process.env.BENCH_TRIES ?? 5) };
/** Milliseconds after which a picture that isn't back counts as lost. */
const LOST = 30_000;

interface Watched {
  /** When a frame was shown last, in milliseconds since the epoch; each since it was asked for. */
  shownAt: number[];
  keptConnections: RTCPeerConnection[];
}

/** Runs in a viewer's page: notes when frames are shown. */
const noteFrames = () => {
  const shownAt: number[] = [];
  Object.assign(window, { shownAt });
  const video = document.querySelector("video")!;
  const look: VideoFrameRequestCallback = (now) => {
    shownAt.push(performance.timeOrigin + now);
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
};

/** Forgets what was noted before. */
const begin = (one: Person) =>
  one.page.evaluate(() => {
    performance.clearResourceTimings();
    (window as unknown as Partial<Watched>).shownAt?.splice(0);
    return (window as unknown as Watched).keptConnections.length;
  });

/** When the first frame after `since` was shown. */
const firstFrame = async (viewer: Person, since: number): Promise<number> => {
  const shown = await viewer.page.waitForFunction(
    (since) => (window as unknown as Watched).shownAt.find((at) => at > since),
    since,
    { timeout: LOST },
  );
  return (await shown.jsonValue())!;
};

/** When the page's next connection after the first `before` was up. */
const connectedAt = async (one: Person, before: number): Promise<number> => {
  const up = await one.page.waitForFunction(
    (before) => {
      const kept = (window as unknown as Watched).keptConnections;
      return kept.length > before && kept.at(-1)!.connectionState === "connected" && Date.now();
    },
    before,
    { timeout: LOST, polling: 10 },
  );
  return (await up.jsonValue()) as number;
};

/** When the latest request to such an address was answered. */
const answeredAt = (one: Person, path: string): Promise<number> =>
  one.page.evaluate((path) => {
    const requests = performance.getEntriesByType("resource").filter((request) => request.name.includes(path));
    return performance.timeOrigin + ((requests.at(-1) as PerformanceResourceTiming)?.responseEnd ?? Number.NaN);
  }, path);

for (const browser of ["Chromium", "Firefox"] as const) {
  for (const signal of SIGNALS) {
    for (const away of AWAY) {
      test(`${browser}, ${signal}, away for ${away} ms`, async ({ person, firefoxPerson, venue, complaints }) => {
        complaints.expected.push(/./);
        const open = browser === "Firefox" ? firefoxPerson : person;
        const [artist, viewer] = [await open("Mira Voss"), await open("Ana")];
        const show = await onStage(artist);
        await enterAsGuest(viewer, show);
        await viewer.seesAndHears();
        await viewer.page.evaluate(noteFrames);

        const steps = ["artist's offer answered", "artist connected", "viewer's offer answered", "picture again"];
        const tries: number[][] = [];
        for (let at = 0; at < TRIES[browser]; at++) {
          await viewer.seesAndHears();
          // Restarts come at any moment of the pages' own rhythms.
          await passed(2_000 + 1_000 * Math.random());
          const before = await begin(artist);
          const viewerBefore = await begin(viewer);
          await venue.stop(signal);
          await passed(away);
          venue.log = "";
          await venue.start();
          const up = Date.now();
          const [connected] = await Promise.all([connectedAt(artist, before), connectedAt(viewer, viewerBefore)]);
          const offers = [await answeredAt(artist, "/whip/"), await answeredAt(viewer, "/whep/")];
          // One that is shown before is still of the connection that is gone.
          const frame = await firstFrame(viewer, offers[1]!);
          tries.push([offers[0]!, connected, offers[1]!, frame].map((time) => time - up));
        }
        const times = (step: number) => tries.map((one) => one[step]!).filter((time) => !Number.isNaN(time));
        const frame = times(steps.length - 1);
        const most = percentile(frame, 0.95);
        report(
          `A restart by ${signal}, away for ${away} ms: from being up to the picture, ${browser}`,
          `${tries.length} tries with the same artist and viewer, headless without a GPU, fake camera, all on this machine`,
          [
            ...steps.map((step, at): [string, string] => [`${step}, median`, ms(percentile(times(at), 0.5))]),
            ["95th percentile (wanted: at most 3 s)", `${ms(most)}: ${most <= 3_000 ? "met" : "NOT MET"}`],
            ["longest", ms(Math.max(...frame))],
          ],
        );
      });
    }
  }
}
