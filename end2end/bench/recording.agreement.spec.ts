// Sound, picture and chat of a recording: in its files, and as the page shows them that plays it again.
import journeys from "../playwright.config";
import { findAll, lines, playAll, soundFromTheStart } from "../tests/agreement";
import { publish } from "../tests/steps";
import { test } from "../tests/venue";
import { ms, report } from "./figures";

test.use({ launchOptions: soundFromTheStart(journeys.use?.launchOptions) });

/** Milliseconds of the wall clock at which something was seen or heard. */
interface Seen {
  flashes: number[];
  beeps: number[];
  words: [text: string, at: number][];
}

/** Runs in the page: notes what its replay shows, and sounds like where there is something to hear it with. */
const watchReplay = (hears: boolean) => {
  const seen: Seen = { flashes: [], beeps: [], words: [] };
  Object.assign(window, { seen });
  const now = () => performance.timeOrigin + performance.now();
  const canvas = Object.assign(document.createElement("canvas"), { width: 4, height: 4 });
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  const follow = (video: HTMLVideoElement) => {
    let lit = false;
    const look: VideoFrameRequestCallback = (_, frame) => {
      context.drawImage(video, 0, 0, 4, 4);
      const is = context.getImageData(1, 1, 1, 1).data[0]! > 140;
      if (is && !lit) seen.flashes.push(performance.timeOrigin + frame.expectedDisplayTime);
      lit = is;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    if (!hears) return;
    const sound = new AudioContext({ latencyHint: 0 });
    const meter = new AnalyserNode(sound, { fftSize: 256 });
    sound.createMediaElementSource(video).connect(meter).connect(sound.destination);
    const samples = new Float32Array(256);
    let loud = false;
    setInterval(() => {
      meter.getFloatTimeDomainData(samples);
      const is = samples.some((sample) => Math.abs(sample) > 0.05);
      if (is && !loud) seen.beeps.push(now());
      loud = is;
    }, 4);
  };
  const find = () => {
    const video = document.querySelector<HTMLVideoElement>("video.replay-video");
    if (video) follow(video);
    else requestAnimationFrame(find);
  };
  find();
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      const said = /Flash \d+/.exec(node.textContent ?? "");
      if (said && node.parentElement?.closest("[role=log]")) seen.words.push([said[0], now()]);
    }
  }).observe(document.body, { childList: true, subtree: true });
};

test("sound, picture and chat of a recording", async ({ person, firefoxPerson, browser, complaints }) => {
  complaints.expected.push(/Content-Security-Policy/);
  const artist = await person("Mira Voss");
  const another = await artist.anotherTab();
  const { show, flashes } = await playAll(artist, another);
  const { moments } = await findAll(another, show, flashes);
  const conditions = `ten flashes, each with a beep and a message, in VP8, H.264, VP9 and AV1, with a pause, a takeover, three drops and a change of size; Chromium ${browser.version()} headless`;
  const row = (line: string): [string, string] => [line.split(":")[0]!, line.slice(line.indexOf(":") + 2)];
  report(
    "Sound and chat after the picture, in the files (wanted: within 40 and 250 ms)",
    conditions,
    lines(moments).map(row),
  );

  await publish(another, show);
  for (const kind of ["Chromium", "Firefox"]) {
    const tom = await (kind === "Firefox" ? firefoxPerson : person)("Tom");
    await tom.goto(show);
    // Without a sound device Firefox has no AudioContext that runs.
    const hears = kind === "Chromium";
    await tom.page.evaluate(watchReplay, hears);
    await tom.page.getByRole("button", { name: /^Play it again/ }).click();
    const all = await tom.page.waitForFunction(
      ([count, beeps]) => {
        const { seen } = window as unknown as { seen: Seen };
        const { words, flashes } = seen;
        return words.length >= count && flashes.length >= count && seen.beeps.length >= beeps && seen;
      },
      [moments.length, hears ? moments.length : 0] as const,
      { timeout: 120_000 },
    );
    const seen = (await all.jsonValue()) as Seen;
    const nearest = (all: number[], to: number) =>
      all.reduce((best, at) => (Math.abs(at - to) < Math.abs(best - to) ? at : best), Number.POSITIVE_INFINITY);
    report(
      `Sound and chat after the picture, as ${kind} shows them (the sound by an analyser, which is late itself)`,
      conditions,
      seen.words.map(([text, at]) => {
        const picture = nearest(seen.flashes, at);
        const sound = hears ? `sound ${ms(nearest(seen.beeps, at) - picture)}, ` : "";
        return [text, `${sound}chat ${ms(at - picture)}`];
      }),
    );
    await tom.page.close();
  }
});
