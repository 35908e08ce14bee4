// Before a show and after it: the rehearsal that nobody else sees, Go live when it is early, an end by mistake.
import { PASSWORD, announce, call, enterAsGuest, onStage, register } from "./steps";
import { type Person, expect, test } from "./venue";

/** Counts how often the page's devices are opened. */
async function countOpenings(person: Person): Promise<() => Promise<number>> {
  await person.context.addInitScript(() => {
    const opened = Object.assign(window, { opened: 0 });
    const { getUserMedia } = MediaDevices.prototype;
    MediaDevices.prototype.getUserMedia = function (this: MediaDevices, ...all) {
      opened.opened += 1;
      return getUserMedia.apply(this, all);
    };
  });
  return () => person.page.evaluate(() => (window as unknown as { opened: number }).opened);
}

/** All that pages are told of a show, without the clock. */
async function told(person: Person, show: string): Promise<string> {
  const id = show.split("/").pop();
  const page = await call<Record<string, unknown>>(person, "shows/show", { id });
  const lists = await call<Record<string, unknown>>(person, "shows/whats_on", {});
  return JSON.stringify([
    { ...page, now: 0 },
    { ...lists, now: 0 },
  ]);
}

test("a rehearsal is the artist's alone, on two devices; going live from it asks when it is early", async ({
  person,
  firefoxPerson,
  complaints,
}) => {
  // What the browser says of the page that isn't Tom's.
  complaints.expected.push(/Tom: .*403.*\/rehearsal\)$/);
  const artist = await person("Mira Voss");
  const opened = await countOpenings(artist);
  const handle = await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour", 26 * 60);
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  const before = await told(ana, show);

  const { page } = artist;
  await artist.goto(`${show}/studio`);
  await page.getByRole("button", { name: "Rehearse" }).click();
  await expect(page.getByText("Rehearsal: only you see and hear this.")).toBeVisible();
  await page.getByRole("button", { name: "See what the venue gets" }).click();
  await artist.seesAndHears();
  const monitor = page.getByLabel("What the venue gets from you");
  const height = () => monitor.evaluate((video: HTMLVideoElement) => video.videoHeight);
  await expect.poll(height).toBeGreaterThan(0);
  expect(await monitor.evaluate((video: HTMLVideoElement) => video.muted)).toBe(true);

  // Another device of the artist's.
  const tablet = await firefoxPerson("Mira's tablet");
  await tablet.goto("/log-in");
  await tablet.page.getByLabel("Handle or e-mail").fill(handle);
  await tablet.page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  await tablet.page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(tablet.page.locator(".masthead .person")).toBeVisible();
  await tablet.goto(`${show}/rehearsal`);
  await tablet.seesAndHears();

  // Nobody else: neither who waits, nor who knows the address.
  expect(await told(ana, show)).toBe(before);
  expect(await ana.received()).toEqual({ framesDecoded: 0, audioPackets: 0, audioEnergy: 0 });
  await expect(ana.page.locator(".stage-badge")).toHaveCount(0);
  const tom = await person("Tom");
  await register(tom, "visitor");
  await tom.goto(`${show}/rehearsal`);
  await expect(tom.page.getByText("That stage isn't yours")).toBeVisible();
  expect(await tom.connections()).toBe(0);

  // Live from here in one press, and with the devices that are open, once it is certain.
  const devices = await opened();
  const question = page.getByRole("dialog");
  await page.getByRole("button", { name: "Go live" }).click();
  await expect(question.getByRole("heading", { name: /^Announced for .+ Start now\?$/ })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(question).toBeHidden();
  await expect(page.getByText("Rehearsal: only you see and hear this.")).toBeVisible();
  expect(await ana.received()).toEqual({ framesDecoded: 0, audioPackets: 0, audioEnergy: 0 });
  await page.getByRole("button", { name: "Go live" }).click();
  await question.getByRole("button", { name: "Start now" }).click();
  await expect(page.getByText("You are live.", { exact: true })).toBeVisible();
  await ana.seesAndHears();
  expect(await opened()).toBe(devices);
  await expect(tablet.page.getByText("Your show is on: rehearse before it.")).toBeVisible();
});

test("a rehearsal is ended and begun again, and offered to who goes live too early", async ({ person }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour", 60);
  const { page } = artist;
  await artist.goto(`${show}/studio`);
  await page.getByRole("button", { name: "Go live" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Rehearse" }).click();
  const words = page.getByText("Rehearsal: only you see and hear this.");
  for (let time = 0; time < 2; time++) {
    await expect(words).toBeVisible();
    await page.getByRole("button", { name: "See what the venue gets" }).click();
    await artist.sees();
    await page.getByRole("button", { name: "End rehearsal" }).click();
    await expect(words).toBeHidden();
    await page.getByRole("button", { name: "Rehearse" }).click();
  }
});

test("an end by mistake is taken back, and who has stayed sees the picture again", async ({
  person,
  firefoxPerson,
}) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const ana = await person("Ana");
  const lea = await firefoxPerson("Léa");
  await Promise.all([enterAsGuest(ana, show), enterAsGuest(lea, show)]);
  await Promise.all([ana.seesAndHears(), lea.seesAndHears()]);

  const { page } = artist;
  await page.getByRole("button", { name: "End the show" }).click();
  const question = page.getByRole("dialog");
  await expect(question.getByRole("heading", { name: "End the show for 2 people?" })).toBeVisible();
  await question.getByRole("button", { name: "End the show" }).click();
  for (const one of [ana, lea]) await expect(one.page.getByText("Thank you, good night!")).toBeVisible();

  await page.getByRole("button", { name: "Take the end back" }).click();
  await expect(page.getByText("You are live.", { exact: true })).toBeVisible();
  await Promise.all([ana.seesAndHears(), lea.seesAndHears()]);

  // Ended again, and taken back in a studio that was opened afterwards.
  await page.getByRole("button", { name: "End the show" }).click();
  await question.getByRole("button", { name: "End the show" }).click();
  await expect(ana.page.getByText("Thank you, good night!")).toBeVisible();
  await artist.page.reload();
  await artist.alive();
  await page.getByRole("button", { name: "Take the end back" }).click();
  await page.getByRole("button", { name: "Go live" }).click();
  await expect(page.getByText("You are live.", { exact: true })).toBeVisible();
  await Promise.all([ana.seesAndHears(), lea.seesAndHears()]);
});
