// A show that is over is played again: by keyboard, from where one stopped, and by its titles.
import { type Locator } from "@playwright/test";
import { counts, enterAsGuest, onStage, publish, said, say, unfold } from "./steps";
import { type Person, type Venue, expect, test } from "./venue";

/** Ends the show of an artist who is live. */
async function end(artist: Person): Promise<void> {
  await artist.page.getByRole("button", { name: "End the show" }).click();
  await artist.page.getByRole("dialog").getByRole("button", { name: "End the show" }).click();
  await expect(artist.page.getByText(/house lights come on at \d\d:\d\d/)).toBeVisible();
}

/** What the element plays. */
const played = (video: Locator) =>
  video.evaluate((element) => {
    const { currentTime: time, paused, videoWidth: width } = element as HTMLVideoElement;
    const { totalVideoFrames: frames } = (element as HTMLVideoElement).getVideoPlaybackQuality();
    return { time, paused, width, frames };
  });
const time = (media: Locator) => media.evaluate((element) => (element as HTMLMediaElement).currentTime);

/** Waits until the picture goes on from `from`, and is where it came from at most `within` seconds later. */
async function playsFrom(video: Locator, from: number, within: number): Promise<void> {
  await expect.poll(() => time(video), { timeout: 20_000 }).toBeGreaterThan(from);
  const { time: first, frames } = await played(video);
  expect(first, "the place").toBeLessThan(from + within);
  await expect
    .poll(
      async () => {
        const now = await played(video);
        return now.time > first + 1 && now.frames > frames;
      },
      { message: "time and picture go on", timeout: 20_000 },
    )
    .toBe(true);
}

for (const kind of ["Chromium", "Firefox"]) {
  test(`a show is played again by keyboard, in ${kind}`, async ({ person, firefoxPerson, venue }) => {
    const artist = await person("Mira Voss");
    const show = await onStage(artist);
    const ana = await person("Ana");
    await enterAsGuest(ana, show);
    await ana.seesAndHears();
    await counts(ana, 1);
    // Long enough to be led back into the midst of it.
    const clock = ana.page.locator(".stage-badge .clock");
    await expect(clock).toHaveText(/^00:[1-4]\d$/, { timeout: 30_000 });
    await unfold(artist, "What plays now");
    const typed = artist.page.getByRole("textbox", { name: "Title" });
    await typed.fill("Low Tide");
    await typed.press("Enter");
    await say(ana, "What a tune");
    await expect(clock).toHaveText(/^00:[2-5]\d$/, { timeout: 30_000 });
    await end(artist);
    await publish(artist, show);

    const tom = await (kind === "Firefox" ? firefoxPerson : person)("Tom");
    const { page } = tom;
    // Half a minute has no moment that stands out: one is put in on its way, where a browser lets one.
    const isLoud = kind === "Chromium";
    if (isLoud) {
      await page.route("**/api/recordings/replay", async (route) => {
        const response = await route.fetch();
        await route.fulfill({ response, json: { ...(await response.json()), loud: [6_000] } });
      });
    }
    await tom.goto(show);
    const stage = page.getByRole("region", { name: "The stage" });
    const start = stage.getByRole("button", { name: /^Play it again/ });
    const video = stage.locator("video.replay-video");
    const bar = stage.getByRole("slider", { name: "Time" });
    await expect(start).toContainText(/0:[23]\d/);
    await start.focus();
    await page.keyboard.press("Enter");
    await expect(stage.getByRole("button", { name: "Pause" })).toBeFocused();
    await playsFrom(video, 0, 8);
    expect((await played(video)).width).toBeGreaterThan(0);

    // Arrows on the bar, and keys wherever the focus is.
    await bar.focus();
    await page.keyboard.press("Home");
    await playsFrom(video, 0, 4);
    await expect(page.getByText("What was said at this moment of the show")).toBeVisible();
    await expect(said(tom, "What a tune")).toBeHidden();
    const before = await time(video);
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    await playsFrom(video, before + 9.9, 8);
    await page.keyboard.press("k");
    await expect(stage.getByRole("button", { name: "Play", exact: true })).toBeVisible();
    expect((await played(video)).paused).toBe(true);
    await expect(bar).toHaveAttribute("aria-valuetext", /^0:\d\d of 0:[2-5]\d$/);
    const stopped = await time(video);
    await page.keyboard.press("b");
    await expect(page.getByText(/^Bookmarked: 0:\d\d\.$/)).toBeVisible();

    // Whoever comes again finds the place.
    await page.reload();
    await tom.alive();
    await start.focus();
    await page.keyboard.press("Enter");
    await playsFrom(video, stopped - 1, 6);
    await stage.getByRole("button", { name: "From the beginning" }).press("Enter");
    await expect.poll(() => time(video)).toBeLessThan(5);
    await playsFrom(video, 0, 6);

    // So does whoever looks for a bookmark, a loud moment, or follows a link.
    await stage.locator("summary", { hasText: "Bookmarks" }).press("Enter");
    await stage.getByRole("button", { name: /^0:\d\d$/ }).press("Enter");
    await playsFrom(video, stopped - 1.5, 6);
    await stage.getByRole("button", { name: /^Remove the bookmark at 0:\d\d$/ }).press("Enter");
    await expect(stage.locator("summary", { hasText: "Bookmarks" })).toBeFocused();
    await expect(stage.getByRole("button", { name: /^0:\d\d$/ })).toHaveCount(0);
    if (isLoud) {
      await stage.locator("summary", { hasText: "Loud moments" }).press("Enter");
      await stage.getByRole("button", { name: "Loud moment at 0:06" }).press("Enter");
      await expect.poll(() => time(video)).toBeLessThan(stopped);
    }
    await tom.goto(`${show}?t=9`);
    await start.press("Enter");
    await playsFrom(video, 8.9, 6);

    // A title leads to its time.
    await stage.locator("summary", { hasText: "Titles" }).press("Enter");
    await stage.getByRole("button", { name: "Low Tide" }).press("Enter");
    await playsFrom(video, 8, 16);
    await expect(said(tom, "What a tune")).toBeVisible();
    await expect(stage.getByRole("img", { name: "One person is here" })).toBeVisible();
    await stage.getByRole("combobox", { name: "Speed" }).selectOption("2×");
    expect(await video.evaluate((element) => (element as HTMLVideoElement).playbackRate)).toBe(2);

    // The end is one, and what was stopped there begins anew.
    await expect(stage.getByRole("button", { name: "Play", exact: true })).toBeVisible({ timeout: 30_000 });
    await stage.getByRole("button", { name: "Play", exact: true }).press("Enter");
    await playsFrom(video, 0, 8);
    await page.keyboard.press("k");
    if (kind === "Chromium") await soundOnly(await person("Eva"), venue, show);
  });
}

/** Plays the sound alone where there are no media sources, once the venue has made it. */
async function soundOnly(listener: Person, venue: Venue, show: string): Promise<void> {
  const { page } = listener;
  const mp3 = async () => {
    const answer = await page.request.post(`${venue.url}/api/recordings/replay`, {
      headers: { origin: venue.url },
      data: { show: show.split("/").pop() },
    });
    return ((await answer.json()) as { mp3?: object }).mp3;
  };
  await expect.poll(mp3, { message: "the MP3 is made", timeout: 30_000 }).toBeTruthy();
  await page.addInitScript(() => {
    Object.assign(window, { MediaSource: undefined, ManagedMediaSource: undefined });
  });
  await listener.goto(show);
  const stage = page.getByRole("region", { name: "The stage" });
  await expect(stage.getByText("Only the sound can be played on this device.")).toBeVisible();
  await stage.getByRole("button", { name: /^Play it again/ }).press("Enter");
  const sound = stage.locator("audio");
  await expect.poll(() => time(sound), { timeout: 20_000 }).toBeGreaterThan(0.5);
  await stage.getByRole("slider", { name: "Time" }).focus();
  const before = await time(sound);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await expect.poll(() => time(sound)).toBeGreaterThan(before + 10);
  await page.keyboard.press("k");
  await expect(stage.getByRole("button", { name: "Play", exact: true })).toBeVisible();
  await expect(stage.getByRole("status").filter({ hasText: "Only the sound" })).toBeVisible();
}
