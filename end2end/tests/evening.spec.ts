// An evening from its door to its end.
import { readFile } from "node:fs/promises";
import { devices } from "@playwright/test";
import { announce, chatInput, counts, enterAsGuest, goLive, onStage, register, say } from "./steps";
import { type Person, expect, test } from "./venue";

test("from the door one sees how many are there, the crowd and a blurred picture, and hears nothing", async ({
  person,
  firefoxPerson,
}) => {
  const show = await onStage(await person("Mira Voss"));
  const tom = await person("Tom");
  await enterAsGuest(tom, show);
  const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"];
  const small = { ...pixel, viewport: { width: 360, height: 620 }, screen: { width: 360, height: 620 } };
  for (const one of [await person("Ana", small), await firefoxPerson("Léa")]) {
    const { page } = one;
    await one.goto(show);
    await counts(one, one.name === "Ana" ? 1 : 2);
    await expect(page.getByRole("img", { name: /here/ })).toBeVisible();
    await expect(page.locator("video.glimpse.shown")).toBeVisible({ timeout: 20_000 });
    const received = await one.received();
    expect([received.framesDecoded > 0, received.audioPackets]).toEqual([true, 0]);
    // The way in is on the first screen, and hands are for who is in.
    const wayIn = page.getByRole("button", { name: "Step into the crowd" });
    for (const part of [page.getByLabel("What should we call you?"), wayIn]) {
      await expect(part).toBeInViewport({ ratio: 1 });
    }
    await expect(page.getByRole("button", { name: "Clap" })).toBeHidden();
    await enterAsGuest(one, show);
    await one.seesAndHears();
    await expect(page.locator("video.glimpse")).toHaveCount(0);
    await expect(page.getByRole("button", { name: "Clap" })).toBeVisible();
  }
});

test("the door opens before the program has come", async ({ person }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const ana = await person("Ana");
  // The program is on its way, and stays so.
  await ana.page.route("**/first-*", () => {});
  await ana.page.goto(ana.venue.url + show, { waitUntil: "domcontentloaded" });
  await ana.page.getByLabel("What should we call you?").fill("Ana");
  await ana.page.unroute("**/first-*");
  await ana.page.getByRole("button", { name: "Step into the crowd" }).click();
  await expect(chatInput(ana)).toBeEnabled();
  await counts(ana, 1);
});

const savePicture = (person: Person) => person.page.getByRole("button", { name: "Save the picture" }).click();

/** The picture as a file that the browser has saved. */
async function downloaded(person: Person): Promise<Buffer> {
  const [file] = await Promise.all([person.page.waitForEvent("download"), savePicture(person)]);
  expect(file.suggestedFilename()).toBe("bandstand.png");
  return readFile(await file.path());
}

/** The picture as the page gives it to the browser: of the files that Firefox saves, a journey hears nothing. */
async function handedOver(person: Person): Promise<Buffer> {
  const picture = await person.page.evaluateHandle(() => {
    const address = URL.createObjectURL.bind(URL);
    const picture = new Promise<Blob>((resolve) => {
      URL.createObjectURL = (file: Blob) => {
        resolve(file);
        return address(file);
      };
    });
    return { picture };
  });
  await savePicture(person);
  const bytes = await picture.evaluate(async ({ picture }) => [
    ...new Uint8Array(await (await picture).slice(0, 24).arrayBuffer()),
  ]);
  return Buffer.from(bytes);
}

test("after the end hands and chat stay, and one takes the evening along", async ({ person, firefoxPerson }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const next = await announce(artist, "Mira Voss on the Pier", 60 * 24);
  const show = await announce(artist, "Mira Voss at the Harbour");
  await goLive(artist, show);
  const ana = await person("Ana");
  const lea = await firefoxPerson("Léa");
  for (const one of [ana, lea]) {
    await enterAsGuest(one, show);
    await one.seesAndHears();
  }
  await artist.page.getByRole("button", { name: "End the show" }).click();
  await artist.page.getByRole("dialog").getByRole("button", { name: "End the show" }).click();
  await expect(artist.page.getByText(/house lights come on at \d\d:\d\d/)).toBeVisible();
  for (const one of [ana, lea]) {
    const { page } = one;
    await expect(page.getByText(/house lights come on at \d\d:\d\d/)).toBeVisible();
    await page.getByRole("button", { name: "Heart" }).click();
    await say(one, `${one.name} says goodbye`);
    await expect(artist.page.getByText(`${one.name} says goodbye`)).toBeVisible();
    await page.getByRole("button", { name: "Keep the evening" }).click();
    await expect(page.getByText("You were one of 2")).toBeVisible();
    await expect(page.getByRole("link", { name: "Mira Voss on the Pier" })).toHaveAttribute("href", next);
    const picture = one === ana ? await downloaded(one) : await handedOver(one);
    expect(picture.subarray(1, 4).toString()).toBe("PNG");
    expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([1080, 1440]);
    await page.getByRole("button", { name: "Done" }).click();
  }
  await expect(artist.page.getByText("2 hearts")).toBeVisible();
});
