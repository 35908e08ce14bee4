// A show is recorded as its artist wants; afterwards they look through the recording, publish it, and delete it.
import AxeBuilder from "@axe-core/playwright";
import { announce, enterAsGuest, goLive, onStage, register, unfold } from "./steps";
import { type Person, expect, test } from "./venue";

/** Ends the show in the studio, by keyboard. */
async function end({ page }: Person): Promise<void> {
  await page.getByRole("button", { name: "End the show" }).press("Enter");
  await page.getByRole("dialog").getByRole("button", { name: "End the show" }).press("Enter");
  await expect(page.getByRole("heading", { name: "That was it. Take a bow." })).toBeVisible();
}

test("a switch says whether the show is recorded, and the audience is told", async ({ person }) => {
  const artist = await person("Mira Voss");
  const { page } = artist;
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  const promise = ana.page.getByText("This show is recorded.");
  await expect(promise).toBeVisible();

  await artist.goto(`${show}/studio`);
  const record = page.getByRole("switch", { name: /^Record the show/ });
  await expect(record).toBeChecked();
  await expect(record).toHaveAccessibleName(/you decide afterwards/);
  await record.press("Space");
  await expect(record).not.toBeChecked();
  await expect(record).toHaveAccessibleName(/nothing is kept/);
  await expect(promise).toBeHidden();

  // It is remembered, also for the show.
  await goLive(artist, show);
  await expect(ana.page.locator(".stage-badge").getByText(/^Live/)).toBeVisible();
  const badge = ana.page.locator(".stage-badge").getByRole("status");
  await expect(badge).toBeEmpty();
  await unfold(artist, "Your show");
  await expect(record).not.toBeChecked();
  await record.press("Space");
  await expect(record).toBeChecked();
  await expect(badge).toHaveText("Recorded");
  await expect(page.getByRole("switch", { name: /^Keep the stage/ })).toBeVisible();
});

test("a recording is looked through, published, taken back and deleted, by keyboard", async ({
  person,
  complaints,
}) => {
  test.slow();
  // The browser says of every refusal what its status is.
  complaints.expected.push(/Failed to load resource.*404/);
  const artist = await person("Mira Voss");
  const { page } = artist;
  const show = await onStage(artist);
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await ana.seesAndHears();
  await end(artist);
  await page.getByRole("link", { name: "See the recording" }).press("Enter");
  await expect(page).toHaveURL(new RegExp(`${show}/recording$`));

  // By itself it goes on from being stored.
  const publish = page.getByRole("button", { name: "Publish" });
  await expect(publish).toBeVisible({ timeout: 30_000 });
  await expect(page.getByText(/^A draft: nobody sees it but you/)).toBeVisible();
  const file = page.getByRole("link", { name: /WebM \d+ × \d+, \d+:\d\d, [\d.]+ MB$/ }).first();
  const address = await file.getAttribute("href");
  const downloaded = await page.request.get(artist.venue.url + address);
  expect(downloaded.headers()["content-disposition"]).toMatch(/^attachment/);

  // On the narrowest screen, and for whoever doesn't see it.
  await page.setViewportSize({ width: 320, height: 640 });
  const { content, screen } = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    screen: window.innerWidth,
  }));
  expect(content, "fits the screen").toBeLessThanOrEqual(screen);
  const { violations } = await new AxeBuilder({ page })
    .options({ runOnly: ["wcag2a", "wcag2aa", "wcag22aa"], rules: { "heading-order": { enabled: true } } })
    .analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`)).toEqual(
    [],
  );
  await page.setViewportSize({ width: 1280, height: 720 });

  // What is wrong stands beside its field, and nothing is lost.
  const title = page.getByLabel("Title", { exact: true });
  const tracklist = page.getByLabel("Tracklist");
  const to = page.getByLabel("End", { exact: true });
  const length = await to.inputValue();
  await title.fill("Mira Voss, the whole evening");
  await tracklist.fill("0:00 Ghost Ferry\nsoon Low Tide");
  const links = page.getByLabel("Links");
  await links.fill("The record https://mira.example/shop");
  await to.fill("9:99");
  await to.press("Enter");
  await expect(tracklist).toHaveAccessibleDescription(/Line 2 needs a time and a title/);
  await expect(tracklist).toBeFocused();
  await expect(links).toHaveAccessibleDescription(/Line 1 needs an address that begins with https/);
  await expect(to).toHaveAttribute("aria-invalid", "true");
  await expect(to).toHaveAccessibleDescription(/not a time/);
  await expect(title).toHaveValue("Mira Voss, the whole evening");
  await tracklist.fill("0:01 Low Tide\n0:00 Ghost Ferry");
  await links.fill("https://mira.example/shop The record");
  await to.fill(length);
  await page.getByRole("button", { name: "Save changes" }).press("Enter");
  await expect(page.getByRole("status").getByText("The recording is saved.")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1, name: "Mira Voss, the whole evening" })).toBeVisible();
  await page.reload();
  await artist.alive();
  await expect(tracklist).toHaveValue("0:00 Ghost Ferry\n0:01 Low Tide");

  // The picture that the preview shows becomes the artwork.
  const take = page.getByRole("button", { name: "Take this picture" });
  await expect(take).toBeHidden();
  await page.getByRole("button", { name: /^Play it again/ }).press("Enter");
  await expect(take).toBeVisible({ timeout: 20_000 });
  await take.press("Enter");
  await expect(page.getByRole("slider", { name: "Closer" })).toBeFocused();
  await expect(page.getByRole("status").filter({ hasText: /^Your picture stands below/ })).toBeVisible();
  await page.getByRole("button", { name: "Use this picture" }).press("Enter");
  await expect(page.getByRole("status").getByText("That’s the artwork now. Everybody sees it.")).toBeVisible();
  await expect(page.locator("img.artwork-now")).toBeVisible();

  // The button stays where it is, and so does the focus.
  await publish.press("Enter");
  const takeBack = page.getByRole("button", { name: "Take it back" });
  await expect(takeBack).toBeFocused();
  await expect(page.getByRole("status").getByText(/^Published: whoever may come/)).toBeVisible();
  await ana.goto("/");
  await expect(ana.page.getByText("Replay").first()).toBeVisible();
  await ana.goto(show);
  const link = ana.page.getByRole("link", { name: "The record" });
  await expect(link).toHaveAttribute("href", "https://mira.example/shop");
  await expect(link).toHaveAttribute("rel", "nofollow noopener ugc");
  await ana.goto("/");
  await takeBack.press("Enter");
  await expect(publish).toBeFocused();
  await ana.page.reload();
  await expect(ana.page.getByRole("heading", { name: "Mira Voss, the whole evening" }).first()).toBeVisible();
  await expect(ana.page.getByText("Replay")).toHaveCount(0);

  await page.getByRole("link", { name: "Recordings" }).press("Enter");
  await expect(page.getByText(/^Your recordings take [\d.]+ MB/)).toBeVisible();
  const row = page.getByRole("listitem").filter({ hasText: "Mira Voss, the whole evening" });
  await expect(row.getByText("Draft")).toBeVisible();
  await row.getByRole("link").press("Enter");
  await page.getByRole("button", { name: "Delete the recording" }).press("Enter");
  const question = page.getByRole("dialog", { name: "Delete this recording?" });
  await expect(question).toContainText("This can't be undone.");
  await question.getByRole("button", { name: "Delete" }).press("Enter");
  await expect(page.getByRole("heading", { name: "No recordings yet" })).toBeVisible();

  // The dashboard still leads to its page, which says how it is.
  await page.getByRole("link", { name: "My shows" }).first().press("Enter");
  await page.getByRole("listitem").getByRole("link", { name: "Recording", exact: true }).press("Enter");
  await expect(page.getByRole("heading", { name: "No recording of this show" })).toBeVisible();
});

test("nobody else comes to a recording's draft", async ({ person, complaints }) => {
  complaints.expected.push(/Failed to load resource.*(403|404)/);
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const other = await person("Iron Tide");
  await other.goto(`${show}/recording`);
  await expect(other.page).toHaveURL(/\/log-in\?next=/);
  await register(other, "artist");
  await other.goto(`${show}/recording`);
  await expect(other.page.getByRole("button", { name: "Publish" })).toHaveCount(0);
  await expect(other.page.getByRole("heading", { name: /^(That recording isn't yours|No recording)/ })).toBeVisible();
});
