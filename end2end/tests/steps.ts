// What people do in more than one journey.
import { type Page, expect } from "@playwright/test";
import type { Person } from "./venue";

let registered = 0;

/** Everybody's password. */
export const PASSWORD = "late summer folk";

/** The address that the latest mail to `email` with this subject leads to, once the mail is there. */
export async function linkInMail(person: Person, email: string, subject: string): Promise<string> {
  const { request } = person.context;
  const read = async (path: string) => (await request.get(person.venue.url + path)).text();
  let mail: string | undefined;
  await expect
    .poll(
      async () => {
        const mails = (await read("/mailbox")).split("<li>");
        mail = mails.find((line) => line.includes(`${subject}</a> to ${email}<`));
        return mail !== undefined;
      },
      { message: `a mail ‘${subject}’ to ${email}` },
    )
    .toBe(true);
  const [, path] = /href="([^"]+)"/.exec(mail ?? "") ?? [];
  const [, link] = /href="(http[^"]+)"/.exec(await read(path ?? "")) ?? [];
  if (!link) throw new Error(`the mail ‘${subject}’ has no link`);
  return link;
}

/** Calls a server function as the page would. */
export async function call<T = unknown>(person: Person, name: string, body: object): Promise<T> {
  const [status, answer] = await person.page.evaluate(
    async ([name, body]) => {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(`/api/${name}`, { method: "POST", headers, body });
      return [response.status, await response.json()] as const;
    },
    [name, JSON.stringify(body)] as const,
  );
  expect(status, name).toBe(200);
  return answer as T;
}

/** Registers an account by the form, as a person would; answers its handle. An artist's address is confirmed. */
export async function register(person: Person, role: "artist" | "visitor"): Promise<string> {
  const { page } = person;
  const handle = `p${Date.now() % 1_000_000}-${registered++}`;
  await person.goto("/join");
  if (role === "artist") await page.getByLabel("to play").check();
  await page.getByLabel("Your name", { exact: true }).fill(person.name);
  await page.getByLabel("Handle", { exact: true }).fill(handle);
  await page.getByLabel("E-mail").fill(`${handle}@example.org`);
  await page.getByLabel("Password", { exact: true }).fill(PASSWORD);
  if (role === "artist") {
    await page.getByLabel("Stage name").fill(person.name);
    await page.getByLabel("Folk").check();
  }
  await page.getByRole("button", { name: role === "artist" ? "Join as an artist" : "Join", exact: true }).click();
  await expect(page).toHaveURL(role === "artist" ? /\/dashboard$/ : /\/$/);
  // The address changes before the page has come.
  await expect(page.getByLabel("Password", { exact: true })).toHaveCount(0);
  if (role === "artist") {
    const link = await linkInMail(person, `${handle}@example.org`, "Confirm your e-mail address");
    await call(person, "accounts/confirm", { link: new URL(link).hash.slice(1) });
  }
  return handle;
}

/** Marks the document, so that it is seen whether another one was loaded. */
export const mark = (page: Page): Promise<unknown> => page.evaluate(() => Object.assign(window, { marked: true }));
export const isMarked = (page: Page): Promise<boolean> => page.evaluate(() => "marked" in window);

/** Logs out by the menu, which leads to What's on. */
export async function logOut(person: Person): Promise<void> {
  const { page } = person;
  await page.locator(".masthead .person").click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL(/:\d+\/$/);
  await person.alive();
  await expect(page.getByRole("link", { name: "Log in" }).first()).toBeVisible();
}

/** `YYYY-MM-DDTHH:MM` as the clock of the journeys' people shows it, `minutes` from now. */
function localTime(minutes: number): string {
  const at = new Date(Date.now() + minutes * 60_000);
  return at.toLocaleString("sv-SE", { timeZone: "Europe/Lisbon" }).slice(0, 16).replace(" ", "T");
}

/** Fills in the form of a show; what isn't given stays as it is. */
export async function fillShow(
  page: Page,
  show: { title?: string; description?: string; genre?: string; startsIn?: number; minutes?: number },
): Promise<void> {
  if (show.title !== undefined) await page.getByLabel("Title", { exact: true }).fill(show.title);
  if (show.description !== undefined) await page.getByLabel("Description").fill(show.description);
  if (show.genre !== undefined) await page.getByLabel(show.genre, { exact: true }).check();
  if (show.startsIn !== undefined) {
    await page.getByLabel("Start", { exact: true }).fill(localTime(show.startsIn));
    await page.getByLabel("End", { exact: true }).fill(localTime(show.startsIn + (show.minutes ?? 120)));
  }
}

/** Makes a show by the form; answers its address. */
export async function announce(artist: Person, title: string, startsIn = 2): Promise<string> {
  const { page } = artist;
  await artist.goto("/shows/new");
  await fillShow(page, { title, description: "Straight from the pier.", genre: "Folk", startsIn });
  await page.getByRole("button", { name: "Announce the show" }).click();
  await expect(page).toHaveURL(/\/dashboard\?announced=/);
  const link = page.getByRole("listitem").filter({ hasText: title }).getByRole("link", { name: "Page" });
  return (await link.getAttribute("href")) ?? "";
}

/** Goes live in the studio of a show. */
export async function goLive(artist: Person, show: string): Promise<void> {
  await artist.goto(`${show}/studio`);
  await artist.page.getByRole("button", { name: "Go live" }).click();
  await expect(artist.page.getByText("You are live.", { exact: true })).toBeVisible();
}

/** Publishes the recording of a show, as soon as its files are stored. */
export async function publish({ page, venue }: Person, show: string): Promise<void> {
  const publishing = async () => {
    // Not by the page, which would complain of each refusal.
    const answer = await page.request.post(`${venue.url}/api/recordings/publish`, {
      headers: { origin: venue.url },
      data: { show: show.split("/").pop(), published: true },
    });
    return answer.status();
  };
  await expect.poll(publishing, { message: "the recording is ready", timeout: 60_000 }).toBe(200);
}

/** Opens a panel of the studio, all of which are folded while the show is on. */
export async function unfold(artist: Person, title: string): Promise<void> {
  const panel = artist.page.locator("details", { has: artist.page.getByRole("heading", { name: title }) });
  // Folded by the studio itself at the beginning, and by nobody later.
  await expect(panel).not.toHaveAttribute("open");
  await panel.locator("summary").click();
}

/** Registers an artist who announces a show and goes live; answers the show's address. */
export async function onStage(artist: Person): Promise<string> {
  await register(artist, "artist");
  const show = await announce(artist, `${artist.name} at the Harbour`);
  await goLive(artist, show);
  return show;
}

/** Comes to a show as a guest who says their name. */
export async function enterAsGuest(person: Person, show: string): Promise<void> {
  await person.goto(show);
  await person.page.getByLabel("What should we call you?").fill(person.name);
  await person.page.getByRole("button", { name: "Step into the crowd" }).click();
  await expect(chatInput(person)).toBeEnabled();
}

/** Where one writes to the others, also while the chat is closed. */
export const chatInput = (person: Person) =>
  person.page.getByRole("textbox", { name: /say something|message/i, includeHidden: true });

/** What was said, in the chat; it may float over a head as well. */
export const said = (person: Person, text: string) => person.page.getByRole("log").getByText(text);

/** Says something to everybody. */
export async function say(person: Person, text: string): Promise<void> {
  await chatInput(person).fill(text);
  await chatInput(person).press("Enter");
}

/** Waits until the page counts as many people. */
export async function counts(person: Person, people: number, timeout = 15_000): Promise<void> {
  const words = people === 1 ? /^1 here$/i : new RegExp(`^${people} here$`, "i");
  await expect(person.page.getByText(words).first(), `${person.name} counts ${people}`).toBeVisible({ timeout });
}

/** Makes a room by the form; answers its path. */
export async function makeRoom(person: Person, address: string, title = "", open = false): Promise<string> {
  const { page } = person;
  await person.goto("/rooms");
  await page.getByRole("link", { name: "Make a room" }).click();
  await page.getByLabel("Address").fill(address);
  await page.getByLabel("Name", { exact: true }).fill(title);
  if (open) await page.getByRole("radio", { name: /^Everybody/ }).check();
  await page.getByRole("button", { name: "Make a room" }).click();
  await expect(chatInput(person)).toBeEnabled();
  return new URL(page.url()).pathname;
}

/** Opens the menu of a message: of the first with that label, or counted from the end. */
export async function talkMenu({ page }: Person, label: string, number = 0): Promise<void> {
  const menus = page.getByRole("log").locator("summary", { hasText: "⋯" }).and(page.getByLabel(label));
  await (number < 0 ? menus.last() : menus.nth(number)).click();
}
