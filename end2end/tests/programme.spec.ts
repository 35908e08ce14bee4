// Accounts, an artist's shows, and what's on, under watching eyes.
import { announce, enterAsGuest, fillShow, goLive, logOut, register } from "./steps";
import { expect, test } from "./venue";

test("the list and a show's page follow what the artist does", async ({ person }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const visitor = await person("Tom");
  await visitor.goto("/");
  const show = await announce(artist, "Mira Voss at the Harbour", 60);
  await expect(visitor.page.getByRole("heading", { name: "Mira Voss at the Harbour" }).first()).toBeVisible();

  const ana = await person("Ana");
  await enterAsGuest(ana, show);

  await artist.goto(`${show}/edit`);
  await fillShow(artist.page, { title: "Mira Voss on the Pier", startsIn: 10 });
  await artist.page.getByRole("button", { name: "Save changes" }).click();
  await expect(artist.page).toHaveURL(/\/dashboard$/);
  await expect(ana.page.getByRole("heading", { name: "Mira Voss on the Pier" }).first()).toBeVisible();
  await expect(visitor.page.getByRole("heading", { name: "Mira Voss on the Pier" }).first()).toBeVisible();
  await expect(visitor.page.getByText("Mira Voss at the Harbour")).toHaveCount(0);

  const studio = await artist.anotherTab();
  await goLive(studio, show);
  await expect(visitor.page.getByText("Live now").first()).toBeVisible();
  await ana.seesAndHears();

  await artist.goto(`${show}/edit`);
  await artist.page.getByRole("button", { name: "Delete" }).click();
  await artist.page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(artist.page).toHaveURL(/\/dashboard$/);
  await expect(visitor.page.getByText("Mira Voss on the Pier")).toHaveCount(0);
  await expect(ana.page.getByText(/deleted|gone/i).first()).toBeVisible();
  const gone = await ana.page.request.get(ana.venue.url + show, { headers: { Accept: "text/html" } });
  expect(gone.status()).toBe(410);
});

test("what's on is complete without a script", async ({ person, browser, venue }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour", 60);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(venue.url);
  await expect(page.getByRole("heading", { name: "Mira Voss at the Harbour" }).first()).toBeVisible();
  await page.goto(venue.url + show);
  await expect(page.getByRole("heading", { name: "Mira Voss at the Harbour" }).first()).toBeVisible();
  await expect(page.getByText("Straight from the pier.")).toBeVisible();
  await context.close();
});

test("a page that needs an account leads to log in and back; sessions survive a restart", async ({
  person,
  venue,
  complaints,
}) => {
  complaints.expected.push(/Failed to load resource/, /WebSocket/, /ERR_CONNECTION_REFUSED/);
  const artist = await person("Mira Voss");
  const { page } = artist;
  await artist.goto("/join");
  await page.getByRole("button", { name: "Join", exact: true }).click();
  await expect(page.getByText("Choose a handle")).toBeVisible();
  await register(artist, "artist");
  const handle = await page.evaluate(async () => {
    const answer = await fetch("/api/accounts/viewer", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    return (await answer.json()).handle as string;
  });

  await venue.restart();
  await artist.goto("/dashboard");
  await expect(page.getByRole("link", { name: "New show" })).toBeVisible();

  await logOut(artist);
  await artist.goto("/shows/new");
  await expect(page).toHaveURL(/\/log-in\?next=/);
  await page.getByLabel("Handle or e-mail").fill(handle);
  await page.getByLabel("Password", { exact: true }).fill("not this one");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page.getByText("That name and password don’t match.", { exact: false })).toBeVisible();
  await page.getByLabel("Password", { exact: true }).fill("late summer folk");
  await page.getByRole("button", { name: "Log in", exact: true }).click();
  await expect(page).toHaveURL(/\/shows\/new$/);
});
