// Looking around while a show goes on: nothing is loaded, nothing stops, and nothing is left by mistake.
import { devices } from "@playwright/test";
import { announce, chatInput, counts, enterAsGuest, fillShow, onStage, register, said, say } from "./steps";
import { type Person, expect, test } from "./venue";

/** Keeps every WebSocket of the pages that this person comes to, where the journey can count them. */
async function keepSockets(person: Person): Promise<void> {
  await person.context.addInitScript(() => {
    const keptSockets: WebSocket[] = [];
    Object.assign(window, { keptSockets });
    window.WebSocket = class extends window.WebSocket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        keptSockets.push(this);
      }
    };
  });
}

/** What the page of one person notes while they go from page to page. */
interface Noted {
  video: HTMLVideoElement;
  /** How often the browser stopped the element. */
  stops: number;
  /** The longest time, in milliseconds, in which it played nothing further. */
  gap: number;
}

/** From now on the page notes whether the element that plays stops. What is loaded anew has noted nothing. */
async function listenClosely(person: Person): Promise<void> {
  await person.page.evaluate(() => {
    const video = document.querySelector("video")!;
    const noted: Noted = { video, stops: 0, gap: 0 };
    Object.assign(window, { noted });
    video.addEventListener("pause", () => noted.stops++);
    let [played, since] = [video.currentTime, performance.now()];
    setInterval(() => {
      const now = performance.now();
      if (video.currentTime !== played) [played, since] = [video.currentTime, now];
      noted.gap = Math.max(noted.gap, now - since);
    }, 20);
  });
}

interface Heard {
  stops: number;
  gap: number;
  /** Seconds of sound that came, and those that were made up for what didn't come in time. */
  sound: number;
  concealed: number;
  sockets: number;
  connections: number;
  /** Whether the page's video is the one that was there in the beginning. */
  same: boolean;
  loads: number;
}

/** What the page has noted since then. */
async function heard(person: Person): Promise<Heard> {
  return person.page.evaluate(async () => {
    const page = window as unknown as {
      noted: Noted;
      keptConnections: RTCPeerConnection[];
      keptSockets: WebSocket[];
    };
    const open = page.keptConnections.filter((it) => it.connectionState === "connected");
    const statistics = [...(await open.at(-1)!.getStats()).values()];
    const sound = statistics.find((it) => it.type === "inbound-rtp" && it.kind === "audio");
    const { video, stops, gap } = page.noted;
    return {
      stops,
      gap,
      sound: (sound.totalSamplesReceived ?? 0) / 48_000,
      concealed: ((sound.concealedSamples ?? 0) - (sound.silentConcealedSamples ?? 0)) / 48_000,
      sockets: page.keptSockets.length,
      connections: page.keptConnections.length,
      same: document.querySelector("video") === video,
      loads: performance.getEntriesByType("navigation").length,
    };
  });
}

const miniPlayer = (person: Person) => person.page.getByRole("region", { name: "Mini-player" });
const onTheStage = (person: Person) => person.page.locator(".stage-screen video.shown");

/** Goes from a show to What's on, to the artist, and back in several ways. */
async function looksAround(one: Person, other: Person, artist: string, show: string): Promise<void> {
  const { page } = one;
  await keepSockets(one);
  await enterAsGuest(one, show);
  await one.seesAndHears();
  await expect(onTheStage(one)).toBeVisible();
  await counts(other, 2);
  await chatInput(one).fill("half a sentence");
  await listenClosely(one);
  const before = await heard(one);

  await page.getByRole("link", { name: "Bandstand" }).click();
  await expect(page).toHaveURL(/:\d+\/$/);
  await expect(miniPlayer(one).locator("video.shown")).toBeVisible();
  await one.seesAndHears();
  await page.getByRole("link", { name: artist, exact: true }).first().click();
  await expect(page).toHaveURL(/\/artists\//);
  await expect(page.getByRole("heading", { level: 1, name: artist })).toBeVisible();
  await expect(miniPlayer(one)).toHaveCount(1);
  await one.seesAndHears();

  // Back by the mini-player: the picture is there at once, and what one was about to say.
  await miniPlayer(one)
    .getByRole("link", { name: /^Back to / })
    .click();
  await expect(onTheStage(one)).toBeVisible();
  await expect(miniPlayer(one)).toHaveCount(0);
  await expect(chatInput(one)).toHaveValue("half a sentence");
  await page.goBack();
  await expect(miniPlayer(one)).toBeVisible();
  await page.goForward();
  await expect(onTheStage(one)).toBeVisible();
  await one.seesAndHears();
  await counts(other, 2);
  await say(one, "still here");
  await expect(said(other, "still here")).toBeVisible();

  const after = await heard(one);
  expect(after, "the same page, line, connection and picture").toMatchObject({
    stops: 0,
    sockets: before.sockets,
    connections: before.connections,
    same: true,
    loads: 1,
  });
  test.info().annotations.push({ type: "gap", description: JSON.stringify({ before, after }) });
  expect(after.sound - before.sound, "sound came all the time").toBeGreaterThan(2);
  // Two cores encode, record, forward and draw it all; what would be heard is a gap.
  expect(after.concealed - before.concealed, "seconds of sound that were made up").toBeLessThan(0.25);
  expect(after.gap, "the longest silence in milliseconds").toBeLessThan(250);
}

for (const kind of ["Chromium", "Firefox"])
  test(`a show goes on while one looks around, in ${kind}`, async ({ person, firefoxPerson }) => {
    const artist = await person("Mira Voss");
    const show = await onStage(artist);
    const tom = await person("Tom");
    await enterAsGuest(tom, show);
    const ana = await (kind === "Firefox" ? firefoxPerson : person)("Ana");
    await looksAround(ana, tom, "Mira Voss", show);
  });

/** The venue may notice the end of a connection before it is told of it. */
const ALREADY_OVER = /Failed to load resource: .* 404 .*\/wh[ei]p\//;

test("the mini-player holds, mutes and leaves the show, also by keys", async ({ person, complaints }) => {
  complaints.expected.push(ALREADY_OVER);
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const tom = await person("Tom");
  await enterAsGuest(tom, show);
  const ana = await person("Ana");
  const { page } = ana;
  await enterAsGuest(ana, show);
  await expect(onTheStage(ana)).toBeVisible();
  await page.getByRole("link", { name: "Bandstand" }).click();
  const mini = miniPlayer(ana);
  const video = mini.locator("video");
  const is = (what: "paused" | "muted") => video.evaluate((it: HTMLVideoElement, what) => it[what], what);

  await mini.getByRole("button", { name: "Pause" }).click();
  expect(await is("paused")).toBe(true);
  await expect(mini.getByRole("status")).toHaveText("Paused");
  await counts(tom, 2);
  await mini.getByRole("button", { name: "Play on" }).press("Enter");
  await expect.poll(() => is("paused")).toBe(false);
  await expect(mini.getByRole("status")).toHaveText("");
  await mini.getByRole("button", { name: "Turn the sound off" }).click();
  await expect.poll(() => is("muted")).toBe(true);
  await page.keyboard.press("m");
  await expect.poll(() => is("muted")).toBe(false);

  // Held, it plays on when the show is looked at again.
  await mini.getByRole("button", { name: "Pause" }).click();
  await mini.getByRole("link", { name: /^Back to / }).click();
  await expect(onTheStage(ana)).toBeVisible();
  await ana.seesAndHears();
  await page.goBack();

  await mini.getByRole("button", { name: "Leave the show" }).click();
  await expect(mini).toHaveCount(0);
  await expect(page.getByRole("main"), "the focus").toBeFocused();
  await counts(tom, 1);
  const open = () =>
    page.evaluate(() => {
      const { keptConnections } = window as unknown as { keptConnections: RTCPeerConnection[] };
      return keptConnections.filter((it) => it.connectionState !== "closed").length;
    });
  await expect.poll(open, { message: "connections to the stage" }).toBe(0);
  // Who was there comes in again by coming.
  await page.goForward();
  await ana.seesAndHears();
});

test("the mini-player goes with the show, with another show, and before a microphone", async ({
  person,
  complaints,
}) => {
  complaints.expected.push(ALREADY_OVER);
  const mira = await person("Mira Voss");
  const show = await onStage(mira);
  const tide = await person("Iron Tide");
  const other = await onStage(tide);
  const ana = await person("Ana");
  const { page } = ana;
  await register(ana, "artist");
  const own = await announce(ana, "Ana at Home");
  await ana.goto(show);
  await ana.seesAndHears();
  await page.getByRole("link", { name: "Bandstand" }).click();
  await expect(miniPlayer(ana)).toBeVisible();

  // One show at a time.
  await page
    .getByRole("link", { name: /Iron Tide at the Harbour/ })
    .first()
    .click();
  await expect(page).toHaveURL(new RegExp(`${other}$`));
  await expect(onTheStage(ana)).toBeVisible();
  await expect(miniPlayer(ana)).toHaveCount(0);
  await expect(tide.page.getByRole("img", { name: "One person is here" })).toBeVisible();

  // Nothing sounds beside an open microphone.
  await page.getByRole("link", { name: "My shows" }).click();
  await expect(miniPlayer(ana)).toBeVisible();
  await page.locator(`a[href="${own}/studio"]`).click();
  await expect(page.getByRole("button", { name: "Go live" })).toBeVisible();
  await expect(miniPlayer(ana)).toHaveCount(0);
  await page.getByRole("link", { name: "My shows" }).click();
  await expect(page).toHaveURL(/\/dashboard$/);

  // The end is told, wherever one is.
  await page.getByRole("link", { name: "Bandstand" }).click();
  await page
    .getByRole("link", { name: /Mira Voss at the Harbour/ })
    .first()
    .click();
  await expect(onTheStage(ana)).toBeVisible();
  await page.getByRole("link", { name: "My shows" }).click();
  await expect(miniPlayer(ana)).toBeVisible();
  await mira.page.getByRole("button", { name: "End the show" }).click();
  await mira.page.getByRole("dialog").getByRole("button", { name: "End the show" }).click();
  await expect(page.getByText("Mira Voss at the Harbour is over.", { exact: false })).toBeVisible();
  await expect(miniPlayer(ana)).toHaveCount(0);
});

test("a stage is not left by mistake", async ({ person, complaints }) => {
  complaints.expected.push(ALREADY_OVER);
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const { page } = artist;
  await page.locator(`a[href="${show}/studio"]`).click();
  await page.getByRole("button", { name: "Go live" }).click();
  await expect(page.getByText("You are live.", { exact: true })).toBeVisible();
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await ana.seesAndHears();

  const question = page.getByRole("dialog", { name: "Leave the stage?" });
  const stays = async () => {
    await expect(question).toBeVisible();
    await question.getByRole("button", { name: "Keep playing" }).click();
    await expect(question).toBeHidden();
    await expect(page).toHaveURL(new RegExp(`${show}/studio$`));
    await expect(page.getByText("You are live.", { exact: true })).toBeVisible();
  };
  // One that comes before the last one is taken back is none.
  const goesBack = () =>
    expect(async () => {
      await page.evaluate(() => history.back());
      await expect(question).toBeVisible({ timeout: 2_000 });
    }).toPass();
  await page.getByRole("link", { name: "My shows" }).click();
  await stays();
  // Asked again before the browser has told that the question was closed, a frame later, it stays.
  await page.getByRole("link", { name: "My shows" }).click();
  await expect(question).toBeVisible();
  await question.evaluate(async (dialog: HTMLDialogElement) => {
    const told = new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
    dialog.querySelector("button")!.click();
    while (dialog.open) await Promise.resolve();
    document.querySelector<HTMLElement>('a[href="/dashboard"]')!.click();
    await told;
  });
  await stays();
  for (const _ of ["once", "twice"]) {
    await goesBack();
    await stays();
  }
  await ana.seesAndHears();

  await goesBack();
  await question.getByRole("button", { name: "Leave the stage" }).click();
  await expect(page).toHaveURL(/\/dashboard\?announced=/);
  await expect(page.getByRole("heading", { name: "My shows" })).toBeVisible();
  await expect(ana.page.getByText("The line has dropped")).toBeVisible();
  // Nothing is asked where nothing would be lost.
  await page.goForward();
  await expect(page.getByRole("button", { name: "Go live" })).toBeVisible();
  await page.getByRole("link", { name: "Bandstand" }).click();
  await expect(page).toHaveURL(/:\d+\/$/);
});

test("back and forward find pages where they were left", async ({ person }) => {
  test.slow();
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  for (let number = 1; number <= 9; number++) {
    await artist.goto("/shows/new");
    await fillShow(artist.page, { title: `Evening ${number}`, genre: "Folk", startsIn: 100 + 130 * number });
    await artist.page.getByRole("button", { name: "Announce the show" }).click();
    await expect(artist.page).toHaveURL(/\/dashboard\?announced=/);
  }
  const ana = await person("Ana", { viewport: { width: 390, height: 664 } });
  const { page } = ana;
  await ana.goto("/");
  const top = () => page.evaluate(() => Math.round(scrollY));
  const link = page.getByRole("link", { name: "Evening 7" }).first();
  await link.scrollIntoViewIfNeeded();
  const left = await top();
  expect(left).toBeGreaterThan(500);
  await link.click();
  await expect(page.getByRole("heading", { level: 1, name: "Evening 7" })).toBeVisible();
  await expect.poll(top).toBe(0);
  await page.evaluate(async () => {
    scrollTo(0, 120);
    // The position is kept with the frame that shows it, before which nobody goes anywhere.
    for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  });
  expect(await top()).toBe(120);
  await page.goBack();
  await expect.poll(top, { message: "What's on" }).toBe(left);
  await page.goForward();
  await expect.poll(top, { message: "the show" }).toBe(120);
  // Also what an earlier load of the page left.
  await page.reload();
  await ana.alive();
  await page.goBack();
  await expect.poll(top, { message: "What's on, after a reload" }).toBe(left);
});

test("on the narrowest phone the mini-player covers neither the foot of the page nor its fields", async ({
  person,
}) => {
  const show = await onStage(await person("Mira Voss"));
  const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"];
  const ana = await person("Ana", { ...pixel, viewport: { width: 320, height: 568 } });
  const { page } = ana;
  await enterAsGuest(ana, show);
  await expect(onTheStage(ana)).toBeVisible();
  await page.getByRole("link", { name: "Bandstand" }).tap();
  const mini = miniPlayer(ana);
  await expect(mini).toBeInViewport({ ratio: 1 });
  for (const button of await mini.getByRole("button").all()) {
    const box = (await button.boundingBox())!;
    expect(Math.min(box.width, box.height), "large enough for a thumb").toBeGreaterThanOrEqual(44);
  }
  await page.getByRole("link", { name: "Join" }).first().tap();
  await expect(page.getByRole("heading", { name: "Come in" })).toBeVisible();
  const above = async (what: string) => {
    const element = page.locator(what).last();
    await element.focus();
    const [box, cover] = [(await element.boundingBox())!, (await mini.boundingBox())!];
    expect(box.y + box.height, what).toBeLessThanOrEqual(cover.y);
  };
  await above("main input:visible");
  await above("main button[type=submit]");
  await above("footer button");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
});

test("a page that the browser keeps lets go of the venue, and finds back", async ({ person, complaints }) => {
  complaints.expected.push(ALREADY_OVER);
  const show = await onStage(await person("Mira Voss"));
  const ana = await person("Ana");
  await keepSockets(ana);
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  // Browsers under test keep no page: it is told so.
  const turns = (name: "pagehide" | "pageshow") =>
    ana.page.evaluate((name) => {
      const page = window as unknown as { keptConnections: RTCPeerConnection[]; keptSockets: WebSocket[] };
      dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
      const lines = page.keptSockets.filter((it) => it.readyState < WebSocket.CLOSING).length;
      return lines + page.keptConnections.filter((it) => it.connectionState !== "closed").length;
    }, name);
  expect(await turns("pagehide"), "what is open").toBe(0);
  await turns("pageshow");
  await ana.seesAndHears();
  await say(ana, "back again");
  await expect(ana.page.getByRole("log").getByText("back again")).toHaveCount(1);
});
