// People as others see them: pictures, artists' pages, guests who become accounts.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { announce, chatInput, counts, enterAsGuest, register, say } from "./steps";
import { expect, test } from "./venue";

const icon = readFileSync(join(import.meta.dirname, "../../public/icons/icon-512.png"));

test("a picture is chosen, cropped and seen; a file that isn't one is refused beside its field", async ({ person }) => {
  const artist = await person("Mira Voss");
  const { page } = artist;
  await register(artist, "artist");
  await artist.goto("/settings");
  const field = page.getByLabel("Picture", { exact: true });
  await field.setInputFiles({ name: "me.jpg", mimeType: "image/jpeg", buffer: Buffer.from("not a picture at all") });
  await expect(field).toHaveAttribute("aria-invalid", "true");
  await expect(page.locator("#picture-note")).toContainText("not a picture");

  await page.getByLabel("About you").fill("Quiet songs, straight from the pier.");
  await field.setInputFiles({ name: "me.png", mimeType: "image/png", buffer: icon });
  await page.getByLabel("Closer").press("End");
  await page.getByLabel("Left to right").press("Home");
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.getByText("That’s you now.")).toBeVisible();
  await expect(page.locator(".masthead img.portrait")).toBeVisible();
  // What was typed elsewhere meanwhile is still there.
  await page.getByRole("button", { name: "Save the profile" }).click();
  await expect(page.getByText("Saved. Everybody sees it now.")).toBeVisible();

  const show = await announce(artist, "Mira Voss at the Harbour", 60);
  const visitor = await person("Tom");
  await register(visitor, "visitor");
  await visitor.goto(show);
  await visitor.page.getByRole("link", { name: "Mira Voss" }).first().click();
  await visitor.page.waitForURL(/\/artists\//);
  await visitor.alive();
  await expect(visitor.page.getByText("Quiet songs, straight from the pier.")).toBeVisible();
  const portrait = visitor.page.locator("article img.portrait");
  await expect(portrait).toBeVisible();
  // It is there before it has come.
  await expect.poll(() => portrait.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(512);
  await visitor.page.getByRole("button", { name: "Follow" }).click();
  await expect(visitor.page.getByText("1 follower", { exact: true })).toBeVisible();
  // The page follows what its artist does.
  await announce(artist, "Mira Voss by Night", 600);
  await expect(visitor.page.getByRole("heading", { name: "Mira Voss by Night" })).toBeVisible();
});

test("a guest becomes an account and keeps their place; the host closes the door to guests", async ({
  person,
  complaints,
}) => {
  // Who is shown out may come back before the news, and be refused.
  complaints.expected.push(/Failed to load resource.*403.*live\/join/);
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  const tom = await person("Tom");
  await enterAsGuest(tom, show);
  await say(tom, "front row!");
  await counts(ana, 2);

  const { page } = tom;
  await page.getByRole("link", { name: "Join" }).click();
  await page.waitForURL(/\/join\?next=/);
  await tom.alive();
  await expect(page.getByText("You come as Tom", { exact: false })).toBeVisible();
  await expect(page.getByLabel("Your name", { exact: true })).toHaveValue("Tom");
  await page.getByLabel("Handle", { exact: true }).fill("tom-in-front");
  await page.getByLabel("E-mail").fill("tom-in-front@example.org");
  await page.getByLabel("Password", { exact: true }).fill("late summer folk");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await page.waitForURL((url) => url.pathname === show);
  await expect(chatInput(tom)).toBeEnabled();
  const own = page.getByRole("log").getByRole("article").filter({ hasText: "front row!" });
  await expect(own.getByLabel("About your message")).toBeVisible();
  await counts(ana, 2);

  await artist.goto(`${show}/edit`);
  await artist.page.getByRole("switch", { name: /Guests welcome/ }).uncheck();
  await artist.page.getByRole("button", { name: "Save changes" }).click();
  await expect(artist.page).toHaveURL(/\/dashboard$/);
  const closed = ana.page.getByText("Join, and you keep your name and place", { exact: false });
  await expect(closed.filter({ visible: true })).toHaveCount(1);
  await expect(ana.page.getByLabel("What should we call you?")).toBeHidden();
  await counts(tom, 1);
  await say(tom, "still here");
  await expect(page.getByRole("log").getByText("still here")).toBeVisible();

  // Who has an account takes it along to a radio.
  await page.getByText("Listen with a radio or another player").click();
  const address = page.getByLabel("Your address", { exact: true });
  await expect(address).toHaveValue(/\/listen\/[0-9a-f-]{36}\/[\w-]{44}(\.mp3)?$/);
  const former = await address.inputValue();
  await page.getByRole("button", { name: "Renew", exact: true }).click();
  await page.getByRole("dialog", { name: "Renew your addresses?" }).getByRole("button", { name: "Renew" }).click();
  await expect(address).not.toHaveValue(former);
});
