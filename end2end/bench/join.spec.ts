// Time from pressing Watch to the first decoded frame, as a person's browser measures it.
import { onStage } from "../tests/steps";
import { test } from "../tests/venue";
import { ms, percentile, report } from "./figures";

const JOINS = 30;

test("from Watch to the first frame", async ({ person, browser }) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);

  const times: number[] = [];
  for (let join = 0; join < JOINS; join++) {
    const viewer = await person(`Guest ${join}`);
    await viewer.goto(show);
    await viewer.page.getByLabel("What should we call you?").fill(viewer.name);
    await viewer.page.getByRole("button", { name: "Step into the crowd" }).click();
    const handle = await viewer.page.waitForFunction(() => {
      const mark = (name: string) => performance.getEntriesByName(`bandstand:${name}`)[0]?.startTime;
      const [watch, frame] = [mark("watch"), mark("first-frame")];
      return watch !== undefined && frame !== undefined && frame - watch;
    });
    times.push(Number(await handle.jsonValue()));
    await viewer.context.close();
  }
  report(
    "From pressing Watch to the first decoded frame",
    `${JOINS} guests one after the other, Chromium ${browser.version()} headless without a GPU, fake camera 640×480 VP8, server, artist and viewer on this machine`,
    [
      ["median", ms(percentile(times, 0.5))],
      ["95th percentile (wanted: under 600 ms)", ms(percentile(times, 0.95))],
      ["longest", ms(Math.max(...times))],
    ],
  );
});
