// What the artist sees from the stage: the house, what it says, and that all is well.
import AxeBuilder from "@axe-core/playwright";
import { call, chatInput, counts, enterAsGuest, onStage, register, say } from "./steps";
import { expect, test } from "./venue";

test("the artist sees the house: how many, who they are, and how loud they are", async ({ person }) => {
  const artist = await person("Mira Voss");
  const helper = await person("Tom");
  const handle = await register(helper, "visitor");
  const show = await onStage(artist);
  await call(artist, "accounts/add_helper", { handle });
  await artist.page.reload();
  await artist.page.getByRole("button", { name: "Go live" }).click();
  await expect(artist.page.locator(".wellbeing")).toBeVisible();

  const { page } = artist;
  const house = page.getByRole("region", { name: "The house" });
  await expect(house.getByText("Nobody's here yet.", { exact: false })).toBeVisible();
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await helper.goto(show);
  await counts(ana, 2);
  await expect(house.getByText("2 people here")).toBeVisible();

  // Pointed at, or reached by the arrow keys, people are named.
  const crowd = page.locator(".house-crowd");
  const name = crowd.getByRole("status");
  const { width, height } = (await crowd.boundingBox())!;
  await expect
    .poll(async () => {
      // The pointer has to move to be seen.
      await crowd.hover({ position: { x: width / 2, y: height * 0.5 } });
      await crowd.hover({ position: { x: width / 2, y: height * 0.85 } });
      return name.textContent();
    })
    .toContain("Ana");
  // Beside everybody, and not in the round corner.
  await crowd.hover({ position: { x: 40, y: 40 } });
  await expect(name).toBeEmpty();
  await crowd.focus();
  await page.keyboard.press("ArrowRight");
  await expect(name).toHaveText("Ana");
  const names = new Set<string>();
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowLeft"]) {
    await page.keyboard.press(key);
    names.add((await name.textContent()) ?? "");
  }
  expect([...names].toSorted()).toEqual(["Ana", "TomHelper"]);
  await page.keyboard.press("Escape");
  await expect(name).toBeEmpty();

  // Who neither points nor sees has a list, in which helpers come first.
  await page.getByText("Who's here").click();
  const list = page.locator("details", { has: page.getByRole("heading", { name: "Who's here" }) });
  await expect(list.getByRole("listitem")).toHaveText(["Tom Helper", "Ana"]);
  await page.getByText("Who's here").click();

  const applause = house.getByRole("meter", { name: "Applause" });
  await expect(applause).toHaveAttribute("aria-valuenow", "0");
  const clap = ana.page.getByRole("button", { name: "Clap" });
  await expect
    .poll(async () => {
      await clap.click();
      return Number(await applause.getAttribute("aria-valuenow"));
    })
    .toBeGreaterThan(30);
  await expect(house.getByText(/^(Warming up|Loud|The roof shakes)$/)).toBeVisible();
  await expect(applause, "it fades").toHaveAttribute("aria-valuenow", "0", { timeout: 60_000 });

  // The words are as large as the artist wants, also the next time.
  await say(ana, "Louder, please!");
  const words = page.getByText("Louder, please!");
  const size = () => words.evaluate((it) => parseFloat(getComputedStyle(it).fontSize));
  const before = await size();
  expect(before, "to be read from a metre away").toBeGreaterThanOrEqual(24);
  await page.getByRole("button", { name: "Larger words" }).click();
  await expect.poll(size).toBeGreaterThan(before);
  await page.reload();
  await page.getByRole("button", { name: "Go live" }).click();
  await expect.poll(size).toBeGreaterThan(before);
});

test("while all is well everything is on one screen, and what is wrong shows itself", async ({ person }) => {
  const artist = await person("Mira Voss", { viewport: { width: 1280, height: 800 } });
  const show = await onStage(artist);
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await say(ana, "Hello from the harbour");
  const { page } = artist;
  // On a busy machine the line says that the picture is smaller.
  await expect(page.locator(".wellbeing")).toBeVisible();
  await expect(page.getByText("Hello from the harbour")).toBeVisible();
  const screens = [
    { width: 1280, height: 800 },
    { width: 390, height: 844 },
    { width: 320, height: 640 },
    { width: 844, height: 390 },
  ];
  for (const screen of screens) {
    await page.setViewportSize(screen);
    await page.evaluate(() => scrollTo(0, 0));
    const at = `on ${screen.width} by ${screen.height}`;
    for (const part of [".wellbeing", ".house", ".house-count", ".applause", ".preview", ".studio-chat"]) {
      await expect(page.locator(part), `${part} ${at}`).toBeInViewport({ ratio: 1 });
    }
    await expect(chatInput(artist), `the chat's field ${at}`).toBeInViewport({ ratio: 1 });
    for (const button of await page.locator(".studio-buttons .button:visible").all()) {
      await expect(button, `${await button.textContent()} ${at}`).toBeInViewport({ ratio: 1 });
    }
    await expect(page.getByText("Sound and picture"), `the panels ${at}`).toBeInViewport({ ratio: 1 });
    const { content, window } = await page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      window: innerWidth,
    }));
    expect(content, `as wide as the screen ${at}`).toBeLessThanOrEqual(window);
  }
  const { violations } = await new AxeBuilder({ page })
    .options({ runOnly: ["wcag2a", "wcag2aa", "wcag22aa"] })
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)).toEqual(
    [],
  );
  await page.setViewportSize({ width: 1280, height: 800 });

  // What the artist did is said in a line; a lost camera opens the panel that helps.
  const camera = page.getByLabel("Camera", { exact: true });
  await expect(camera).toBeHidden();
  await page.getByRole("button", { name: "Mute", exact: true }).click();
  await expect(page.getByText("You're muted", { exact: false })).toBeVisible();
  await page.getByRole("button", { name: "Unmute" }).click();
  await expect(page.getByText("You're muted", { exact: false })).toHaveCount(0);
  await artist.unplug("video");
  await expect(page.getByText("Nobody sees you: your camera", { exact: false })).toBeVisible();
  await expect(camera).toBeVisible();
  await page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
  await expect(page.getByText("Nobody sees you", { exact: false })).toHaveCount(0);
  await expect(camera).toBeHidden();
});
