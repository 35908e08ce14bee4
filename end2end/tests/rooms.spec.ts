// Rooms: made, found, joined by link, by knocking, left and closed to somebody.
import AxeBuilder from "@axe-core/playwright";
import { type Page, devices } from "@playwright/test";
import { chatInput, makeRoom, register, said, say } from "./steps";
import { type Person, expect, test } from "./venue";

const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"];

/** Makes a link into the room at `path`; answers where it leads. */
async function invite({ page }: Person): Promise<string> {
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = page.getByRole("list", { name: "Open invitations" }).getByLabel("Link").first();
  await expect(link).toHaveValue(/\/invitations\//);
  const path = new URL(await link.inputValue()).pathname;
  await page.getByRole("link", { name: "Back to the room" }).click();
  return path;
}

/** Nothing of the page is wider than the window. */
async function fits(page: Page): Promise<void> {
  const width = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(width, `the width of ${page.url()}`).toBeLessThanOrEqual(0);
}

test("friends make a room, come by link and by knocking, and one is shown the door", async ({
  person,
  firefoxPerson,
  complaints,
}) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  const room = await makeRoom(ada, "Tea House", "The tea house");
  expect(room).toBe("/rooms/tea-house");
  await say(ada, "The kettle is on");
  await expect(said(ada, "The kettle is on")).toBeVisible();

  // A guest comes by the link, on a phone; somebody with an account in Firefox.
  const link = await invite(ada);
  const gil = await person("Gil", pixel);
  await gil.goto(link);
  await expect(gil.page.getByRole("heading", { name: "The tea house" })).toBeVisible();
  await gil.page.getByLabel("What should we call you?").fill("Gil");
  await gil.page.getByRole("button", { name: "Come in" }).click();
  await expect(said(gil, "The kettle is on")).toBeVisible();
  const ben = await firefoxPerson("Ben");
  await register(ben, "visitor");
  await ben.goto(link);
  await ben.page.getByRole("button", { name: "Come in" }).click();
  await say(ben, "I bring biscuits");
  for (const one of [ada, gil]) await expect(said(one, "I bring biscuits")).toBeVisible();
  await fits(gil.page);

  // A stranger knocks, and is let in by a member.
  const eve = await person("Eve");
  await register(eve, "visitor");
  await eve.goto(room);
  await expect(eve.page.getByText("This room is by invitation.")).toBeVisible();
  await eve.page.getByRole("button", { name: "Ask to be let in" }).click();
  await expect(eve.page.getByText("You have asked to be let in")).toBeVisible();
  await ben.page.getByRole("button", { name: "Let Eve in" }).click();
  await expect(said(eve, "I bring biscuits")).toBeVisible();
  await say(eve, "Buy my things");
  await expect(said(ada, "Buy my things")).toBeVisible();

  // And is shown the door: at once, and for good, also by the link.
  complaints.expected.push(/Failed to load resource.*40[34]/);
  await ada.page.getByRole("button", { name: "Options for Eve" }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Remove and ban" }).click();
  await expect(eve.page.getByText("You can’t come into this room.")).toBeVisible();
  await eve.goto(link);
  await eve.page.getByRole("button", { name: "Come in" }).click();
  await expect(eve.page.getByRole("alert").getByText("You can’t come into this room.")).toBeVisible();

  // The room gets another address while people are in it; the old one leads on.
  await ada.page.getByRole("link", { name: "Settings" }).click();
  await ada.page.getByLabel("Address").fill("茶の間");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await expect(ada.page).toHaveURL(/%E8%8C%B6%E3%81%AE%E9%96%93\/settings$/);
  await expect(gil.page).toHaveURL(/%E8%8C%B6%E3%81%AE%E9%96%93$/);
  await expect(said(gil, "I bring biscuits")).toBeVisible();
  await ben.goto("/rooms/tea-house");
  await expect(ben.page).toHaveURL(/%E8%8C%B6%E3%81%AE%E9%96%93$/);

  // Archived, it is read; deleted, it is gone for all who are there.
  await ada.page.getByRole("button", { name: "Archive the room" }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Archive the room" }).click();
  await expect(chatInput(gil)).toBeDisabled();
  await ada.page.getByRole("button", { name: "Delete the room" }).click();
  await ada.page.getByRole("dialog").getByRole("button", { name: "Delete it" }).click();
  await expect(gil.page.getByRole("heading", { name: "This room is gone" })).toBeVisible();
  await expect(ada.page).toHaveURL(/\/rooms$/);
});

test("a room is made, searched and joined by keyboard alone", async ({ person }) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  await ada.goto("/rooms/new");
  const { page } = ada;
  await page.getByLabel("Address").focus();
  await page.keyboard.type("reading circle");
  await page.getByRole("radio", { name: /^Everybody/ }).focus();
  await page.keyboard.press("Space");
  await page.getByLabel("Address").focus();
  await page.keyboard.press("Enter");
  await expect(chatInput(ada)).toBeEnabled();
  await expect(page.getByRole("heading", { level: 1, name: "reading-circle" })).toBeVisible();

  const ben = await person("Ben");
  await register(ben, "visitor");
  await ben.goto("/rooms");
  await ben.page.getByRole("searchbox", { name: "Search public rooms" }).focus();
  await ben.page.keyboard.type("circle");
  const found = ben.page.getByRole("link", { name: /reading-circle/ });
  await found.focus();
  await ben.page.keyboard.press("Enter");
  await ben.page.getByRole("button", { name: "Join the room" }).focus();
  await ben.page.keyboard.press("Enter");
  await expect(chatInput(ben)).toBeEnabled();
  await chatInput(ben).focus();
  await ben.page.keyboard.type("Good evening");
  await ben.page.keyboard.press("Enter");
  await expect(said(ada, "Good evening")).toBeVisible();
  await expect(page.getByText("2 members").first()).toBeVisible();

  // The owner makes a moderator of them.
  await page.getByRole("button", { name: "Options for Ben" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Make moderator" }).focus();
  await page.keyboard.press("Enter");
  await expect(ben.page.getByText("Moderator")).toBeVisible();
});

test("rooms have no fault of accessibility, at any width", async ({ person }) => {
  const ada = await person("Ada");
  await register(ada, "visitor");
  const room = await makeRoom(ada, "wide-and-narrow", "A room with a very long name, to see whether it fits");
  await say(ada, "Hello");
  await expect(said(ada, "Hello")).toBeVisible();
  for (const path of ["/rooms", "/rooms/new", room, `${room}/settings`]) {
    await ada.goto(path);
    const found = await new AxeBuilder({ page: ada.page }).analyze();
    expect(
      found.violations.map((it) => `${it.id}: ${it.nodes.map((node) => node.html).join(" ")}`),
      path,
    ).toEqual([]);
    for (const width of [1280, 390, 320]) {
      await ada.page.setViewportSize({ width, height: 700 });
      await fits(ada.page);
    }
    await ada.page.setViewportSize({ width: 1280, height: 720 });
  }
});
