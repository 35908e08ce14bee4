// Windows and phones of every shape: the stage is whole on all of them, with the crowd, the hands and the chat.
import { type BrowserContextOptions, devices } from "@playwright/test";
import { announce, chatInput, counts, enterAsGuest, goLive, onStage, register, said, say } from "./steps";
import { type Person, expect, test } from "./venue";

const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"];

/** A window of a size; up to the width of a small tablet, a phone's. */
function screen(width: number, height: number): BrowserContextOptions {
  const size = { width, height };
  return Math.min(width, height) < 800 ? { ...pixel, viewport: size, screen: size } : { viewport: size };
}

/** Picture, crowd and hands are all there, and wholly inside the window. */
async function seesAll({ page }: Person, where: string): Promise<void> {
  for (const part of [".stage-picture", ".crowd-canvas", ".gesture-bar"]) {
    // All of it, which is not what `toBeInViewport` takes for all by default.
    await expect(page.locator(part), `${part} ${where}`).toBeInViewport({ ratio: 1 });
  }
  expect(await page.evaluate(() => document.documentElement.scrollWidth), `the width ${where}`).toBeLessThanOrEqual(
    await page.evaluate(() => innerWidth),
  );
}

/** Nothing lies over the upper two thirds of the picture, where faces are, but what stands on it. */
async function seesFaces({ page }: Person, where: string): Promise<void> {
  const covered = await page.locator(".stage-picture").evaluate((picture) => {
    const { left, top, width, height } = picture.getBoundingClientRect();
    const covers = (x: number, y: number) => {
      const there = document.elementFromPoint(left + width * x, top + height * y);
      return picture.contains(there) ? [] : [there?.className ?? "nothing"];
    };
    return [0.2, 0.5, 0.8].flatMap((x) => [0.05, 0.3, 0.6].flatMap((y) => covers(x, y)));
  });
  expect(covered, `what covers the picture ${where}`).toEqual([]);
}

test("on every screen one stands in front of the whole stage, and the chat covers no face", async ({ person }) => {
  test.slow();
  const artist = await person("Iron Tide");
  await register(artist, "artist");
  const show = await announce(artist, "Iron Tide: the last night of the long, long, long winter tour 2026/27");
  await goLive(artist, show);
  const sizes: [number, number][] = [
    [390, 844],
    [390, 664],
    [360, 620],
    [320, 640],
    [844, 390],
    [640, 400],
    [768, 1024],
    [1280, 800],
  ];
  for (const [width, height] of sizes) {
    const where = `on ${width} by ${height}`;
    const one = await person(`Guest ${where}`, screen(width, height));
    const { page } = one;
    await one.goto(show);
    await page.getByLabel("What should we call you?").fill(one.name);
    await page.getByRole("button", { name: "Step into the crowd" }).click();
    await expect(chatInput(one)).toBeEnabled();
    await expect(page.getByRole("region", { name: "The stage" }), "the focus").toBeFocused();
    await seesAll(one, where);
    await one.seesAndHears();
    // Who comes again is let in by itself, and touches nothing.
    await page.reload();
    await expect(chatInput(one)).toBeEnabled();
    await seesAll(one, where);
    await seesFaces(one, where);
    await page.getByRole("button", { name: "Clap" }).click();

    // The chat is at hand everywhere: at once, or behind a button.
    const chat = page.locator(".chat-button:visible, .chat-handle:visible");
    if (height < width && width < 1280) await expect(chatInput(one)).toBeHidden();
    else await expect(chatInput(one)).toBeInViewport({ ratio: 1 });
    if (await chat.count()) {
      await chat.click();
      await expect(chat.first()).toHaveAttribute("aria-expanded", "true");
      await expect(chatInput(one)).toBeInViewport({ ratio: 1 });
      await expect(page.locator(".stage-picture")).toBeInViewport({ ratio: 1 });
      await seesFaces(one, `${where}, the chat open`);
      await say(one, `hello ${where}`);
      await expect(said(one, `hello ${where}`)).toBeInViewport();
    }
    await one.context.close();
  }
});

test("a phone's keyboard pushes nothing away", async ({ person }) => {
  const show = await onStage(await person("Mira Voss"));
  const ana = await person("Ana", screen(390, 664));
  const { page } = ana;
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  await chatInput(ana).tap();
  // No browser without a hand shows a keyboard: this is what one says when it lies over the page.
  await page.evaluate(() => {
    Object.defineProperty(visualViewport, "height", { value: 364, configurable: true });
    visualViewport?.dispatchEvent(new Event("resize"));
  });
  const seen = async (selector: string) => {
    const box = await page.locator(selector).boundingBox();
    return box !== null && box.y >= 0 && box.y + box.height <= 364;
  };
  for (const part of [".stage-picture", ".chat-composer"]) {
    await expect.poll(() => seen(part), { message: part }).toBe(true);
  }
  await seesFaces(ana, "while one writes");
  await say(ana, "typed with a thumb");
  await expect(said(ana, "typed with a thumb")).toBeVisible();
  await expect(chatInput(ana), "the keyboard stays").toBeFocused();
  await page.getByRole("region", { name: "The stage" }).focus();
  await seesAll(ana, "the keyboard gone");
});

test("words float over heads until they are taken back, also in full screen, where one writes and claps", async ({
  person,
  firefoxPerson,
}) => {
  test.slow();
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  const tom = await firefoxPerson("Tom <b>");
  await enterAsGuest(tom, show);
  await counts(ana, 2);
  const bubble = (one: Person, text: string) => one.page.locator(".bubble.placed").filter({ hasText: text });

  await say(ana, "<i>over</i> my head");
  for (const one of [ana, tom]) await expect(bubble(one, "<i>over</i> my head")).toBeVisible();
  const box = await bubble(ana, "over").boundingBox();
  const crowd = await ana.page.locator(".crowd-canvas").boundingBox();
  expect(box!.y, "in front of the crowd").toBeGreaterThanOrEqual(crowd!.y);
  // The chat has it once, for who sees and for who hears.
  await expect(ana.page.locator(".bubbles")).toHaveAttribute("aria-hidden", "true");

  await say(tom, "front row!");
  await expect(bubble(ana, "front row!")).toBeVisible();
  const entry = artist.page.getByRole("log").getByRole("article").filter({ hasText: "front row!" });
  await entry.getByLabel("About Tom").click();
  await entry.getByRole("button", { name: "Delete" }).click();
  for (const one of [ana, tom]) await expect(one.page.getByText("front row!")).toHaveCount(0);

  // In full screen there is everything, by keys.
  const { page } = ana;
  const sent: string[] = [];
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(String(payload))));
  await page.reload();
  await ana.seesAndHears();
  const isFull = () => page.evaluate(() => document.fullscreenElement?.className);
  await page.keyboard.press("f");
  await expect.poll(isFull).toBe("show");
  await seesAll(ana, "in full screen");
  await expect(chatInput(ana)).toBeHidden();
  await page.keyboard.press("1");
  await page.keyboard.press("4");
  await expect.poll(() => sent.filter((frame) => /"gesture"/.test(frame)).length, { message: "hands" }).toBe(2);
  await page.keyboard.press("c");
  await expect(chatInput(ana)).toBeFocused();
  await page.keyboard.type("123 fmc, without leaving");
  await page.keyboard.press("Enter");
  await expect(said(tom, "123 fmc, without leaving")).toBeVisible();
  await expect(bubble(ana, "123 fmc, without leaving")).toBeVisible();
  expect(await isFull()).toBe("show");
  expect(
    sent.filter((frame) => /"gesture"/.test(frame)),
    "while one types",
  ).toHaveLength(2);
  await page.getByRole("button", { name: "Leave full screen" }).click();
  await expect.poll(isFull).toBe(undefined);

  // A choice, which is remembered.
  await page.getByRole("button", { name: "Words over heads" }).click();
  await expect(page.locator(".bubble")).toHaveCount(0);
  await page.reload();
  await ana.seesAndHears();
  await say(tom, "not over any head");
  await expect(said(ana, "not over any head")).toBeVisible();
  await expect(page.locator(".bubble")).toHaveCount(0);
});

test("the list follows while one writes much", async ({ person }) => {
  const show = await onStage(await person("Mira Voss"));
  const ana = await person("Ana");
  const tom = await person("Tom");
  for (const one of [ana, tom]) await enterAsGuest(one, show);
  for (let line = 0; line < 20; line++) await say(tom, `line ${line}`);
  await expect(said(ana, "line 19")).toBeInViewport();
  await chatInput(ana).fill("a message that is too long for one line of so narrow a field, so it grows. ".repeat(4));
  await chatInput(ana).press("x");
  await chatInput(ana).fill("");
  await say(tom, "and on it goes");
  await expect(said(ana, "and on it goes")).toBeInViewport();
  await expect(ana.page.getByRole("button", { name: "new message" })).toHaveCount(0);
});
