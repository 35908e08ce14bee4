// What goes wrong on a good night: lines, permissions, devices, browsers that keep quiet.
import { announce, counts, enterAsGuest, onStage, register, said, say } from "./steps";
import { behindLine, expect, test } from "./venue";

behindLine(
  "the line is cut under artist and audience, and everything comes back by itself",
  async ({ person, line, door, complaints }) => {
    complaints.expected.push(/WebSocket|Failed to load resource|ERR_/);
    const artist = await person("Mira Voss");
    const show = await onStage(artist);
    const ana = await person("Ana");
    await enterAsGuest(ana, show);
    await ana.seesAndHears();
    // Tom has another way to the venue; he stands at the door.
    const tom = await person("Tom");
    await tom.page.goto(`http://${door}${show}`);
    await tom.alive();
    await expect(tom.page.getByText("Mira Voss is on stage")).toBeVisible();

    line.cut();
    await expect(tom.page.getByText("The line has dropped")).toBeVisible({ timeout: 10_000 });
    await expect(artist.page.getByText("The connection is lost.", { exact: false })).toBeVisible({ timeout: 20_000 });
    await expect(ana.page.getByText("The line is broken.", { exact: false })).toBeVisible({ timeout: 30_000 });

    line.mend();
    await expect(artist.page.getByText("You are live.")).toBeVisible({ timeout: 40_000 });
    await ana.seesAndHears();
    await expect(ana.page.getByText("The line is broken.", { exact: false })).toHaveCount(0);
    await counts(ana, 1);
    await say(ana, "there you are again");
    await expect(said(artist, "there you are again")).toHaveCount(1);
  },
);

behindLine(
  "a narrow line gets a smaller picture or the sound alone, a wide one a large one, and what a frayed one loses comes again",
  async ({ person, line }) => {
    const show = await onStage(await person("Mira Voss"));
    const ana = await person("Ana");
    await enterAsGuest(ana, show);
    const height = () => ana.page.locator("video").evaluate((video: HTMLVideoElement) => video.videoHeight);
    const large = (message: string) => expect.poll(height, { message, timeout: 45_000 }).toBeGreaterThanOrEqual(480);
    await large("a wide line");
    line.narrow(550);
    await expect.poll(height, { message: "a narrow line", timeout: 10_000 }).toBeLessThanOrEqual(240);
    await ana.seesAndHears();
    // The sound takes 260 kbit/s, and comes first.
    line.narrow(320);
    await expect(ana.page.getByText("Sound only.", { exact: false })).toBeVisible();
    await ana.hears();
    line.widen();
    await large("a wide line again");
    line.fray(0.1);
    await expect.poll(() => ana.soundAskedForAgain(), { message: "a frayed line" }).toBeGreaterThan(10);
    await ana.seesAndHears();
  },
);

behindLine(
  "whose address changes, or whose way to the venue ends, stays in the same session",
  async ({ person, line }) => {
    const show = await onStage(await person("Mira Voss"));
    const others = line.media.addresses;
    const ana = await person("Ana");
    await enterAsGuest(ana, show);
    await ana.seesAndHears();
    const connections = await ana.connections();
    line.media.renumber();
    await ana.seesAndHears();
    line.media.unplug(line.media.addresses.filter((address) => !others.includes(address)));
    await ana.seesAndHears();
    expect(await ana.connections(), "the one she began with").toBe(connections);
  },
);

test("where no UDP comes through, artist and audience meet by TCP", async ({ walledPerson, person }) => {
  const artist = await walledPerson("Mira Voss");
  const show = await onStage(artist);
  const [ana, tom] = [await walledPerson("Ana"), await person("Tom")];
  for (const viewer of [ana, tom]) {
    await enterAsGuest(viewer, show);
    await viewer.seesAndHears();
  }
  expect(await artist.protocol()).toBe("tcp");
  expect(await ana.protocol()).toBe("tcp");
  expect(await tom.protocol()).toBe("udp");
});

test("without permission the studio says what to do, and lets nobody on an empty stage", async ({ strictPerson }) => {
  const artist = await strictPerson("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  await artist.goto(`${show}/studio`);
  await expect(artist.page.getByText("The browser may not use the microphone.", { exact: false })).toBeVisible();
  await expect(artist.page.getByText("The browser may not use the camera.", { exact: false })).toBeVisible();
  await expect(artist.page.getByRole("button", { name: "Go live" })).toBeDisabled();
});

test("a browser that keeps quiet shows the picture, and gives the sound for a press", async ({
  person,
  strictPerson,
}) => {
  const show = await onStage(await person("Mira Voss"));
  const ana = await strictPerson("Ana");
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  const silent = (one: typeof ana) => one.page.locator("video").evaluate((video: HTMLVideoElement) => video.muted);
  expect(await silent(ana), "she pressed a button to come in").toBe(false);

  // In a new tab nothing was pressed yet.
  const tab = await ana.anotherTab();
  await tab.goto(show);
  const prompt = tab.page.getByRole("button", { name: "Tap for sound" });
  await expect(prompt).toBeVisible();
  await tab.seesAndHears();
  expect(await silent(tab)).toBe(true);
  await prompt.click();
  await expect(prompt).toHaveCount(0);
  expect(await silent(tab)).toBe(false);
});

test("screen, unplugged camera, sound alone: the audience stays, and is never shown a black stage", async ({
  person,
}) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await ana.seesAndHears();

  await artist.page.getByRole("button", { name: "Share screen" }).click();
  await expect(artist.page.getByRole("button", { name: "Stop sharing" })).toBeVisible();
  await ana.seesAndHears();
  await artist.page.getByRole("button", { name: "Stop sharing" }).click();
  await expect(artist.page.getByRole("button", { name: "Share screen" })).toBeVisible();
  await ana.seesAndHears();

  await artist.unplug("video");
  const soundOnly = (one: typeof ana) => one.page.getByText("Sound only.", { exact: false });
  await expect(artist.page.getByText("The camera is gone.", { exact: false })).toBeVisible();
  await expect(artist.page.getByText("You are live.")).toBeVisible();
  await expect(soundOnly(ana)).toBeVisible();
  await ana.hears();

  // Who comes now finds a stage that is only heard.
  const tom = await person("Tom");
  await enterAsGuest(tom, show);
  await expect(soundOnly(tom)).toBeVisible();
  await tom.hears();
  await counts(tom, 2);

  // Plugged in again, the picture comes back for both.
  await artist.page.evaluate(() => navigator.mediaDevices.dispatchEvent(new Event("devicechange")));
  for (const one of [ana, tom]) {
    await one.seesAndHears();
    await expect(soundOnly(one)).toHaveCount(0);
  }
});
