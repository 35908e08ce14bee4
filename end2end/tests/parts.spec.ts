// The program comes in parts: what happens when one of them doesn't.
import { cpSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions } from "@playwright/test";
import { announce, enterAsGuest, isMarked, mark, register } from "./steps";
import { type Person, expect, site, test as base } from "./venue";

const TITLE = "Mira Voss at the Harbour";

/** Journeys at a venue with pages of its own, which can be deployed anew. */
const test = base.extend<{ pages: string }>({
  pages: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), "bandstand-site-"));
    cpSync(site, folder, { recursive: true });
    await use(folder);
    rmSync(folder, { recursive: true });
  },
  flags: async ({ pages }, use) => use(["--site", pages]),
});

/** Gives all files of the program other names, as the build of another program would. */
function deploy(pages: string): void {
  const { parts } = JSON.parse(readFileSync(join(pages, "parts.json"), "utf8"));
  const [, old] = /-([0-9a-f]{16})\.bin$/.exec(parts.home.first) ?? [];
  if (!old) throw new Error("no hash in the name of the first visit's file");
  const fresh = [...old].reverse().join("");
  for (const name of readdirSync(pages)) {
    const path = join(pages, name);
    // Compressed ones are of files that are written anew.
    if (name.endsWith(".br") && !/\.(bin|wasm)\.br$/.test(name)) rmSync(path);
    else if (/\.(json|html|js)$/.test(name)) writeFileSync(path, readFileSync(path, "utf8").replaceAll(old, fresh));
  }
  for (const name of readdirSync(pages)) renameSync(join(pages, name), join(pages, name.replaceAll(old, fresh)));
}

/** Goes from What's on to the show's page, which is alive then. */
async function goToTheShow(visitor: Person): Promise<void> {
  await visitor.page.getByRole("link", { name: TITLE }).first().click();
  await expect(visitor.page).toHaveURL(/\/shows\/[^/]+$/);
  await expect(visitor.page.getByRole("heading", { name: TITLE, level: 1 })).toBeVisible();
  await visitor.alive();
  await expect(visitor.page.getByRole("button", { name: "Step in" })).toBeEnabled();
}

for (const kind of ["Chromium", "Firefox"]) {
  type Maker = (name: string, options?: BrowserContextOptions) => Promise<Person>;
  // What a service worker fetches can't be refused here, so there is none, which is told each time.
  const UNREGISTERED = /Service Worker registration blocked/;
  const visiting = (person: Maker, firefox: Maker) =>
    (kind === "Firefox" ? firefox : person)("Tom", { serviceWorkers: "block" });
  const visitingAnnounced = async (person: Maker, firefox: Maker) => {
    const artist = await person("Mira Voss");
    await register(artist, "artist");
    await announce(artist, TITLE, 60);
    return visiting(person, firefox);
  };

  test(`${kind}: parts come when they are wanted, ahead of that, and without a page load`, async ({
    person,
    firefoxPerson,
    complaints,
    pages,
  }) => {
    complaints.expected.push(UNREGISTERED);
    const visitor = await visitingAnnounced(person, firefoxPerson);
    const files: string[] = [];
    visitor.page.on("request", (request) => files.push(new URL(request.url()).pathname));
    // The part that reads the live channel comes to every page, once it is alive.
    const { parts } = JSON.parse(readFileSync(join(pages, "parts.json"), "utf8"));
    const channel = parts.channel.files.map((file: string) => `/${file}`);
    const programs = () => files.filter((path) => /\.(wasm|bin)$/.test(path) && !channel.includes(path));
    await visitor.goto("/");
    expect(programs()).toEqual([expect.stringMatching(/^\/first-home-/)]);
    await mark(visitor.page);
    await visitor.page.getByRole("link", { name: TITLE }).first().hover();
    await expect.poll(() => programs().some((path) => path.startsWith("/part-watch-"))).toBe(true);
    await goToTheShow(visitor);
    // The page itself, and then crowd and chat, without which it is alive.
    const page = parts.watch.files.map((file: string) => `/${file}`);
    expect(programs().filter((path) => page.includes(path)).length, programs().join(" ")).toBeLessThanOrEqual(6);
    expect(programs().length - 1, programs().join(" ")).toBeLessThanOrEqual(8);
    await visitor.page.getByRole("link", { name: "What’s on" }).click();
    await expect(visitor.page.getByRole("link", { name: TITLE }).first()).toBeVisible();
    expect(await isMarked(visitor.page), "the same document").toBe(true);
  });

  test(`${kind}: a part that can't be loaded is a page load`, async ({ person, firefoxPerson, complaints }) => {
    complaints.expected.push(
      UNREGISTERED,
      /error: Error \(|part-watch|Failed to (load|fetch)|NetworkError|Failed to execute 'compile'/,
    );
    const visitor = await visitingAnnounced(person, firefoxPerson);
    await visitor.goto("/");
    await mark(visitor.page);
    await visitor.page.route("**/part-watch-*", (route) => route.abort());
    await goToTheShow(visitor);
    expect(await isMarked(visitor.page), "another document").toBe(false);
    await visitor.page.goBack();
    await expect(visitor.page.getByRole("link", { name: TITLE }).first()).toBeVisible();
  });

  test(`${kind}: who goes elsewhere while a part comes gets there`, async ({ person, firefoxPerson, complaints }) => {
    complaints.expected.push(
      UNREGISTERED,
      /error: Error \(|part-watch|Failed to (load|fetch)|NetworkError|Failed to execute 'compile'/,
    );
    const visitor = await visitingAnnounced(person, firefoxPerson);
    await visitor.goto("/");
    // The part never comes; the page where they go comes late.
    await visitor.page.route("**/part-watch-*", () => {});
    await visitor.page.route("**/log-in", (route) => setTimeout(() => void route.continue(), 1000));
    const asked = visitor.page.waitForRequest(/\/part-watch-/);
    await visitor.page.getByRole("link", { name: TITLE }).first().click();
    await asked;
    await visitor.goto("/log-in");
    await expect(visitor.page).toHaveURL(/\/log-in$/);
  });

  test(`${kind}: a tab that is older than a deployment goes on by a page load`, async ({
    person,
    firefoxPerson,
    pages,
    venue,
    complaints,
  }) => {
    complaints.expected.push(
      UNREGISTERED,
      /WebSocket|404|ERR_|NetworkError|Response has unsupported MIME|HTTP status|can’t establish|error: Error \(/,
    );
    const visitor = await visitingAnnounced(person, firefoxPerson);
    await visitor.goto("/");
    await mark(visitor.page);
    deploy(pages);
    await venue.restart();
    await goToTheShow(visitor);
    expect(await isMarked(visitor.page), "another document").toBe(false);
  });

  test(`${kind}: a page whose program is gone comes again once, then says so`, async ({
    person,
    firefoxPerson,
    complaints,
  }) => {
    complaints.expected.push(UNREGISTERED, /first-home|404|Failed to load|compilation aborted|error: Error \(/);
    const visitor = await visiting(person, firefoxPerson);
    let gone = 0;
    const answer = { status: 404, body: "" };
    await visitor.page.route("**/first-home-*", (route) => (gone++ ? route.continue() : route.fulfill(answer)));
    await visitor.goto("/");
    expect(gone).toBe(2);

    const other = await visiting(person, firefoxPerson);
    await other.page.route("**/first-home-*", (route) => route.fulfill(answer));
    await other.page.goto(other.venue.url);
    await expect(other.page.getByRole("alert")).toContainText("This couldn’t be loaded.");
    await expect(other.page.getByRole("heading", { level: 1 })).toBeVisible();
  });
}

test("what a part brings is there at the second try, if not at the first", async ({ person, complaints }) => {
  complaints.expected.push(/part-figure|Failed to (load|fetch)|ERR_FAILED|error: Error \(|registration blocked/);
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, TITLE, 60);
  const ana = await person("Ana", { serviceWorkers: "block" });
  await enterAsGuest(ana, show);
  let tries = 0;
  await ana.page.route("**/part-figure-*", (route) => (tries++ ? route.continue() : route.abort()));
  await ana.page.getByRole("button", { name: "Your figure" }).click();
  const dialog = ana.page.getByRole("dialog", { name: "Your figure" });
  await dialog.getByRole("button", { name: "Load it again" }).click();
  await expect(dialog.getByRole("radio").first()).toBeVisible();
});
