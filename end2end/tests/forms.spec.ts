// Forms that help: all faults at once, what is known filled in, nothing lost by a slip.
import { announce, counts, enterAsGuest, fillShow, register } from "./steps";
import { type Person, expect, test } from "./venue";

test("a show is announced with all faults said at once, its link given away, and the next begins as it was", async ({
  person,
  complaints,
}) => {
  complaints.expected.push(/Failed to load resource.*422/);
  const artist = await person("Mira Voss");
  const { page } = artist;
  await register(artist, "artist");
  await artist.goto("/shows/new");
  await expect(page.getByLabel("Folk"), "what the artist plays").toBeChecked();
  await fillShow(page, { title: "Four", description: "Straight from the pier.", startsIn: 60, minutes: -30 });
  await page.getByRole("button", { name: "Announce the show" }).click();
  for (const fault of ["The title needs at least 5 characters", "The end has to come after the start."]) {
    await expect(page.getByText(fault)).toBeVisible();
  }
  await expect(page.getByLabel("Title", { exact: true })).toBeFocused();
  await expect(page.getByText("Goes on the poster."), "the hint stays").toBeVisible();
  await expect(page.getByLabel("Description"), "nothing is lost").toHaveValue("Straight from the pier.");

  // A slip leads nowhere while it isn't saved.
  await page.getByRole("link", { name: "Cancel" }).click();
  const question = page.getByRole("dialog", { name: "Leave without saving?" });
  await question.getByRole("button", { name: "Stay here" }).click();
  await expect(page).toHaveURL(/\/shows\/new$/);

  await fillShow(page, { title: "Mira Voss at the Harbour", startsIn: 60, minutes: 90 });
  const starts = await page.getByLabel("Start", { exact: true }).inputValue();
  await page.getByRole("switch", { name: /Guests welcome/ }).uncheck();
  await page.getByRole("button", { name: "Announce the show" }).click();
  await expect(page.getByRole("heading", { name: "Announced. It hangs on the wall." })).toBeVisible();
  const link = await page.getByRole("textbox", { name: "The link to your show" }).inputValue();
  expect(link).toMatch(new RegExp(`^${artist.venue.url}/shows/[0-9a-f-]{36}$`));

  await page.getByRole("link", { name: "New show" }).click();
  await expect(page.getByRole("switch", { name: /Guests welcome/ })).not.toBeChecked();
  const [day, hour] = starts.split("T");
  const week = new Date(`${day}T00:00Z`).getTime() + 7 * 86_400_000;
  await expect(page.getByLabel("Start", { exact: true })).toHaveValue(
    `${new Date(week).toISOString().slice(0, 10)}T${hour}`,
  );

  // Everybody sees for whom it is, and that its artist is late by nothing yet.
  const visitor = await person("Tom");
  await visitor.goto("/");
  await expect(visitor.page.getByText("Members").first()).toBeVisible();
  await visitor.page.goto(link);
  await expect(visitor.page.getByText("This show is for people with an account.", { exact: false })).toBeVisible();
});

test("who wants to play is asked for little: handle and stage name follow from the name", async ({ person }) => {
  const mira = await person("Mira");
  const { page } = mira;
  await mira.goto("/");
  await page.getByRole("link", { name: "Join as an artist" }).click();
  await expect(page.getByLabel("to play")).toBeChecked();
  await page.getByLabel("Your name", { exact: true }).fill("Zoë Voss");
  await expect(page.getByLabel("Handle", { exact: true })).toHaveValue("zoe-voss");
  await expect(page.getByLabel("Stage name")).toHaveValue("Zoë Voss");
  // What somebody chose themselves stays.
  await page.getByLabel("Handle", { exact: true }).fill("zv");
  await page.getByLabel("Your name", { exact: true }).fill("Zoë V.");
  await expect(page.getByLabel("Stage name")).toHaveValue("Zoë V.");
  await page.getByRole("button", { name: "Join as an artist" }).click();
  await expect(page.getByText("The handle needs at least 3 characters", { exact: false })).toBeVisible();
  await expect(page.getByText("3 to 16 letters", { exact: false }), "the hint stays").toBeVisible();
});

test("settings come section by section, by keyboard, and nothing typed in one is lost in another", async ({
  person,
}) => {
  const tom = await person("Tom");
  const { page } = tom;
  await register(tom, "visitor");
  await tom.goto("/settings");
  const section = (name: string) => page.getByRole("region", { name, exact: true });
  await expect(section("Profile")).toBeVisible();
  await expect(section("Security")).toBeHidden();
  await page.getByLabel("About you").fill("Front row, always.");
  await page.getByRole("link", { name: "Security" }).focus();
  await page.keyboard.press("Enter");
  await expect(section("Security")).toBeVisible();
  await expect(section("Profile")).toBeHidden();
  await expect(page).toHaveURL(/\/settings#security$/);
  await expect(page.getByRole("link", { name: "Security" })).toHaveAttribute("aria-current", "true");
  await page.goBack();
  await expect(page.getByLabel("About you")).toHaveValue("Front row, always.");
  // An address of before, from elsewhere in the venue and from outside.
  await tom.goto("/settings#sessions");
  await expect(section("Sessions")).toBeVisible();
  await expect(section("Profile")).toBeHidden();
});

/** What the page knows of the figures in its crowd. */
async function looks(one: Person): Promise<Record<string, number | undefined>> {
  return one.page.evaluate(() => (window as unknown as { looks: Record<string, number> }).looks);
}

test("a figure is chosen by keyboard, and seen by somebody else", async ({ person }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour", 60);
  const ana = await person("Ana");
  // What comes over the live channel is what is drawn.
  await ana.page.addInitScript(() => {
    const looks: Record<string, number> = {};
    Object.assign(window, { looks });
    type Frame = { crowd?: { figures: Seen[] }; crowd_change?: { came?: Seen[] } };
    type Seen = { name: string; look?: number };
    const Socket = WebSocket;
    window.WebSocket = class extends Socket {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        this.addEventListener("message", ({ data }) => {
          if (typeof data !== "string") return;
          const frame = JSON.parse(data) as Frame;
          for (const seen of frame.crowd?.figures ?? frame.crowd_change?.came ?? []) {
            if (seen.look !== undefined) looks[seen.name] = seen.look;
          }
        });
      }
    };
  });
  await enterAsGuest(ana, show);
  const tom = await person("Tom");
  const { page } = tom;
  await enterAsGuest(tom, show);
  await counts(ana, 2);

  const open = page.getByRole("button", { name: "Your figure" });
  await open.press("Enter");
  const wardrobe = page.getByRole("dialog", { name: "Your figure" });
  const canvas = wardrobe.getByRole("img", { name: "Your figure, from behind and from the stage" });
  await expect(canvas).toBeVisible();
  const drawn = () => canvas.evaluate((it: HTMLCanvasElement) => it.toDataURL());
  const before = await drawn();
  await wardrobe.getByRole("radio", { name: "Straw hat" }).press("Space");
  await wardrobe.getByRole("radio", { name: "Mohawk" }).press("Space");
  await expect(wardrobe.getByRole("radio", { name: "Straw hat" })).toBeChecked();
  await expect.poll(drawn, "the preview").not.toBe(before);
  await wardrobe.getByRole("button", { name: "Wear this" }).press("Enter");
  await expect(wardrobe).toBeHidden();
  await expect(open, "the focus goes back").toBeFocused();
  await expect.poll(() => looks(ana), "what Ana sees").toHaveProperty("Tom");
  const { Tom: look } = await looks(ana);
  // Of 14 colours, 14 shirts and 7 prints: the hat stands before them, the hair before that.
  expect(Math.floor(look! / (7 * 14 * 14)) % 8, "a straw hat").toBe(4);
  expect(Math.floor(look! / (7 * 14 * 14 * 8)) % 10, "a mohawk").toBe(8);

  // It stays with who becomes an account.
  await page.reload();
  await open.press("Enter");
  await expect(wardrobe.getByRole("radio", { name: "Straw hat" })).toBeChecked();
});
