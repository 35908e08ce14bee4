// Time from pressing Watch to the first decoded frame, as a person's browser measures it, and where it goes.
import { onStage } from "../tests/steps";
import { test } from "../tests/venue";
import { ms, percentile, report } from "./figures";

const JOINS = 30;

/** Marks on the page's timeline when its connection to the stage is up. */
const markConnected = () => {
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener("connectionstatechange", () => {
        if (this.connectionState === "connected") performance.mark("bench:connected");
      });
    }
  };
};

/** What happens one after the other, in milliseconds since Watch was pressed; nothing before there is a frame. */
const moments = () => {
  const mark = (name: string) => performance.getEntriesByName(name)[0]?.startTime ?? Number.NaN;
  const answered = (path: string) => {
    const requests = performance.getEntriesByType("resource") as PerformanceResourceTiming[];
    return requests.find((request) => request.name.includes(path))?.responseEnd ?? Number.NaN;
  };
  const watch = mark("bandstand:watch");
  const frame = mark("bandstand:first-frame");
  if (Number.isNaN(frame)) return undefined;
  const times = [answered("/live/join"), answered("/whep/"), mark("bench:connected"), frame];
  return times.map((time) => time - watch);
};

test("from Watch to the first frame", async ({ person, browser }) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);

  const joins: number[][] = [];
  for (let join = 0; join < JOINS; join++) {
    const viewer = await person(`Guest ${join}`);
    await viewer.context.addInitScript(markConnected);
    await viewer.goto(show);
    await viewer.page.getByLabel("What should we call you?").fill(viewer.name);
    await viewer.page.getByRole("button", { name: "Step into the crowd" }).click();
    const handle = await viewer.page.waitForFunction(moments);
    joins.push((await handle.jsonValue())!);
    await viewer.context.close();
  }
  const steps = ["ticket there", "offer answered", "connected", "first frame"];
  // What the browser tells late is left out.
  const times = (step: number) => joins.map((join) => join[step]!).filter((time) => !Number.isNaN(time));
  const frame = times(steps.length - 1);
  report(
    "From pressing Watch to the first decoded frame",
    `${JOINS} guests one after the other, Chromium ${browser.version()} headless without a GPU, fake camera 640×480 VP8, server, artist and viewer on this machine`,
    [
      ...steps.map((step, at): [string, string] => [`until ${step}, median`, ms(percentile(times(at), 0.5))]),
      ["95th percentile (wanted: under 600 ms)", ms(percentile(frame, 0.95))],
      ["longest", ms(Math.max(...frame))],
    ],
  );
});
