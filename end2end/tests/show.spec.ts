// A show goes live: an artist in one browser, an audience in others.
import { devices } from "@playwright/test";
import { announce, chatInput, counts, enterAsGuest, goLive, onStage, register, said, say } from "./steps";
import { type Person, expect, test } from "./venue";

test("an artist goes live to a laptop, a phone and Firefox; drops, returns, pauses, ends", async ({
  person,
  firefoxPerson,
  complaints,
}) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");

  // Ana comes first and waits in the lobby.
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await expect(
    ana.page
      .getByText("The artist starts", { exact: false })
      .or(ana.page.getByText("Doors are open", { exact: false }))
      .first(),
  ).toBeVisible();

  await goLive(artist, show);
  await ana.seesAndHears();

  // The others come late: a phone and Firefox.
  const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"];
  const jonas = await person("Jonas", pixel);
  await enterAsGuest(jonas, show);
  await jonas.seesAndHears();
  const lea = await firefoxPerson("Léa");
  await enterAsGuest(lea, show);
  await lea.seesAndHears();
  for (const one of [ana, jonas, lea]) await counts(one, 3);

  // The artist takes a break and comes back.
  await artist.page.getByRole("button", { name: "Pause" }).click();
  for (const one of [ana, jonas, lea]) await expect(one.page.getByText("Back in a moment")).toBeVisible();
  await artist.page.getByRole("button", { name: "Resume" }).click();
  for (const one of [ana, jonas, lea]) await one.seesAndHears();

  // The artist's page is gone; the audience is told, and sees the picture again without doing anything.
  await artist.page.close({ runBeforeUnload: false });
  for (const one of [ana, jonas, lea]) await expect(one.page.getByText("The line has dropped")).toBeVisible();
  const returned = await artist.anotherTab();
  await goLive(returned, show);
  for (const one of [ana, jonas, lea]) await one.seesAndHears();

  // A second studio takes over; the first is told and stays quiet.
  const second = await returned.anotherTab();
  await goLive(second, show);
  await expect(returned.page.getByText("Taken over", { exact: true })).toBeVisible();
  await ana.seesAndHears();

  await say(ana, "encore!");
  await expect(said(second, "encore!")).toBeVisible();

  complaints.expected.push(/beforeunload/);
  await second.page.getByRole("button", { name: "End the show" }).click();
  await second.page.getByRole("dialog").getByRole("button", { name: "End the show" }).click();
  for (const one of [ana, jonas, lea]) {
    await expect(one.page.getByText("Thank you, good night!")).toBeVisible();
    // The encore: hands and chat stay.
    await expect(chatInput(one)).toBeEnabled();
  }
});

test("a visitor can't go on somebody else's stage", async ({ person, complaints }) => {
  complaints.expected.push(/Failed to load resource/);
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const visitor = await person("Tom");
  await register(visitor, "visitor");
  await visitor.goto(`${show}/studio`);
  await expect(visitor.page.getByRole("button", { name: "Go live" })).toHaveCount(0);

  const id = show.split("/").pop() ?? "";
  const answers = await visitor.page.evaluate(async (id) => {
    const post = (path: string, body: string, headers: Record<string, string>) =>
      fetch(path, { method: "POST", body, headers });
    const json = { "Content-Type": "application/json" };
    const stage = await post("/api/live/stage", JSON.stringify({ show: id }), json);
    const join = await post("/api/live/join", JSON.stringify({ show: id }), json);
    const { token } = await join.json();
    const sdp = { "Content-Type": "application/sdp" };
    const without = await post(`/whip/${id}`, "v=0", sdp);
    const withJoin = await post(`/whip/${id}`, "v=0", { ...sdp, Authorization: `Bearer ${token}` });
    return [stage.status, join.status, without.status, withJoin.status];
  }, id);
  expect(answers).toEqual([403, 200, 401, 403]);
});

test("a reload or a second tab adds nobody, and who leaves is gone within ten seconds", async ({ person }) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const ana = await person("Ana");
  const tom = await person("Tom");
  await enterAsGuest(ana, show);
  await enterAsGuest(tom, show);
  await counts(ana, 2);

  await tom.page.reload();
  await tom.alive();
  await tom.seesAndHears();
  await counts(ana, 2);
  const tab = await tom.anotherTab();
  await tab.goto(show);
  await tab.seesAndHears();
  await counts(tab, 2);
  await counts(ana, 2);

  await tab.page.close();
  await tom.page.close();
  await counts(ana, 1, 10_000);
});

test("what one does and says, the others see; a lost connection misses nothing", async ({ person, complaints }) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const ana = await person("Ana");
  const tom = await person("Tom");
  await enterAsGuest(ana, show);
  await enterAsGuest(tom, show);

  const height = async () => (await chatInput(ana).boundingBox())?.height;
  const one = await height();
  await chatInput(ana).fill("a message that is too long for one line of so narrow a field, so it grows");
  expect(await height()).toBeGreaterThan(one ?? 0);
  await chatInput(ana).press("Enter");
  await expect.poll(height, { message: "sent, the field is as high as before" }).toBe(one);
  await say(ana, "that harmony");
  await say(tom, "front row!");
  for (const one of [ana, tom, artist]) {
    await expect(said(one, "that harmony")).toHaveCount(1);
    await expect(said(one, "front row!")).toHaveCount(1);
  }

  // Tom loses the line, and gets what he missed, once and in order.
  complaints.expected.push(/ERR_INTERNET_DISCONNECTED|WebSocket/);
  await tom.context.setOffline(true);
  await say(ana, "one");
  await say(ana, "two");
  await say(ana, "three");
  await tom.context.setOffline(false);
  for (const text of ["one", "two", "three"]) {
    await expect(tom.page.getByRole("log").getByText(text, { exact: true })).toHaveCount(1, { timeout: 40_000 });
  }
  const texts = await tom.page.getByRole("log").getByRole("article").allInnerTexts();
  const order = ["one", "two", "three"].map((text) => texts.findIndex((entry) => entry.split("\n").includes(text)));
  expect(order).toEqual([...order].sort((a, b) => a - b));

  // Hearts count for everybody, one in ten seconds.
  await ana.page.getByRole("button", { name: "Heart" }).click({ clickCount: 2 });
  await expect(tom.page.getByRole("button", { name: "Heart: 1 so far" })).toBeVisible();
  await ana.page.getByRole("button", { name: "Clap" }).click();

  // Ana deletes her own; the artist deletes Tom's and mutes him.
  const entry = (who: typeof ana, text: string) =>
    who.page.getByRole("log").getByRole("article").filter({ hasText: text });
  await entry(ana, "that harmony").getByLabel("About your message").click();
  await entry(ana, "that harmony").getByRole("button", { name: "Delete" }).click();
  for (const one of [ana, tom, artist]) await expect(one.page.getByText("that harmony")).toHaveCount(0);
  await entry(artist, "front row!").getByLabel("About Tom's message").click();
  await entry(artist, "front row!").getByRole("button", { name: "Mute Tom" }).click();
  await expect(chatInput(tom)).toBeDisabled();
  await entry(artist, "front row!").getByLabel("About Tom's message").click();
  await entry(artist, "front row!").getByRole("button", { name: "Delete" }).click();
  for (const one of [ana, tom, artist]) await expect(one.page.getByText("front row!")).toHaveCount(0);
});

test("a small window gets a smaller picture, one out of sight the smallest, and a large one a large one", async ({
  person,
}) => {
  const show = await onStage(await person("Mira Voss"));
  const ana = await person("Ana", { viewport: { width: 1600, height: 1000 } });
  await enterAsGuest(ana, show);
  const height = () => ana.page.locator("video").evaluate((video: HTMLVideoElement) => video.videoHeight);
  const large = (message: string) => expect.poll(height, { message, timeout: 60_000 }).toBeGreaterThanOrEqual(480);
  await large("a large window");
  await ana.page.setViewportSize({ width: 400, height: 800 });
  await expect.poll(height, { message: "a small window", timeout: 20_000 }).toBeLessThanOrEqual(360);
  await ana.seesAndHears();
  await ana.page.setViewportSize({ width: 1600, height: 1000 });
  await large("a large window again");
  // Browsers under test never hide a page: it is told so.
  const sight = (hidden: boolean) =>
    ana.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  await sight(true);
  await expect.poll(height, { message: "out of sight", timeout: 30_000 }).toBeLessThanOrEqual(180);
  await ana.seesAndHears();
  await sight(false);
  await large("in sight again");
});

/** A large window gets a large picture of that format, a small one a small one, and it goes back and forth. */
async function fillsItsWindow(viewer: Person, format: string): Promise<void> {
  const height = () => viewer.page.locator("video").evaluate((video: HTMLVideoElement) => video.videoHeight);
  const large = (message: string) => expect.poll(height, { message, timeout: 60_000 }).toBeGreaterThanOrEqual(480);
  await large("a large window");
  expect(await viewer.codec()).toBe(`video/${format}`);
  await viewer.page.setViewportSize({ width: 400, height: 800 });
  await expect.poll(height, { message: "a small window", timeout: 20_000 }).toBeLessThanOrEqual(360);
  await viewer.seesAndHears();
  await viewer.page.setViewportSize({ width: 1600, height: 1000 });
  await large("a large window again");
}

test("a sharper picture comes in VP9, and each window gets as much of it as it has room for", async ({
  person,
  firefoxPerson,
}) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  await artist.goto(`${show}/studio`);
  await artist.page.getByLabel("Picture format").selectOption("VP9");
  // The browser remembers it.
  await goLive(artist, show);
  const ana = await person("Ana", { viewport: { width: 1600, height: 1000 } });
  const tom = await firefoxPerson("Tom");
  await Promise.all([enterAsGuest(ana, show), enterAsGuest(tom, show)]);
  // Once Tom sees the picture, his page never takes it for sound alone.
  await expect(tom.page.locator("video.shown")).toBeVisible();
  await tom.page.evaluate(() => {
    const noted = window as unknown as { soundOnly?: boolean };
    const look = () => {
      if (document.querySelector(".sound-only")) noted.soundOnly = true;
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  });
  await fillsItsWindow(ana, "VP9");
  await Promise.all([ana.seesAndHears(), tom.seesAndHears()]);
  // Pages look at it every 2.5 seconds.
  const played = () => tom.page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
  await expect.poll(played, { message: "Tom has watched for a while", timeout: 30_000 }).toBeGreaterThan(10);
  expect(await tom.page.evaluate(() => "soundOnly" in window), "Tom's picture was taken for sound alone").toBe(false);
});

test("AV1 in layers: each window gets as much as it has room for, and goes on after the artist's reload", async ({
  person,
}) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  await artist.goto(`${show}/studio`);
  await artist.page.getByLabel("Picture format").selectOption("AV1");
  await goLive(artist, show);
  const ana = await person("Ana", { viewport: { width: 1600, height: 1000 } });
  await enterAsGuest(ana, show);
  await fillsItsWindow(ana, "AV1");
  // Another publisher counts its frames by itself.
  await goLive(artist, show);
  await ana.seesAndHears();
});
