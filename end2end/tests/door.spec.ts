// Pages that are the same for all whom nobody knows, and that a browser has already.
import { announce, isMarked, logOut, mark, register } from "./steps";
import { type Person, expect, test } from "./venue";

/** How often the venue has said that a browser's own page is still good. */
async function notModified({ venue }: Person): Promise<number> {
  const metrics = await (await fetch(`${venue.url}/metrics`)).text();
  return Number(/^bandstand_page_cache_not_modified_total (\d+)/m.exec(metrics)?.[1]);
}

test("a page that the browser has already is not sent again, comes alive, and is never somebody else's", async ({
  person,
  firefoxPerson,
}) => {
  const artist = await person("Mira Voss");
  const handle = await register(artist, "artist");
  await announce(artist, "Mira Voss at the Harbour", 60);
  const address = `/artists/${handle}`;
  let shows = 1;
  for (const visitor of [await person("Tom"), await firefoxPerson("Ana")]) {
    const { page } = visitor;
    await visitor.goto(address);
    await visitor.goto("/log-in");
    // Once a minute the page is another one, by the clock that is in it.
    const before = await notModified(visitor);
    await expect(async () => {
      await visitor.goto(address);
      expect(await notModified(visitor), visitor.name).toBeGreaterThan(before);
    }).toPass();
    const good = await notModified(visitor);
    await expect(page.getByRole("listitem")).toHaveCount(shows);
    // Alive: the next page is made here, and follows what happens.
    await mark(page);
    await page.getByRole("link", { name: "What’s on" }).click();
    await expect(page).toHaveURL(/:\d+\/$/);
    expect(await isMarked(page)).toBe(true);

    // Something has changed.
    await announce(artist, `Mira Voss on the Pier ${shows}`, 60 + 130 * shows);
    shows += 1;
    await visitor.goto(address);
    expect(await notModified(visitor), visitor.name).toBe(good);
    await expect(page.getByRole("listitem")).toHaveCount(shows);

    // Somebody whom the venue knows has pages of their own, and leaves none behind.
    await register(visitor, "visitor");
    await visitor.goto(address);
    await expect(page.locator(".masthead .person")).toBeVisible();
    await logOut(visitor);
    await visitor.goto(address);
    await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();
    await expect(page.locator(".masthead .person")).toHaveCount(0);
  }
});
