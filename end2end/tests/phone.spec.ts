// On a phone: installable, readable, within the width of the screen.
import { devices } from "@playwright/test";
import AxeBuilder from "@axe-core/playwright";
import { announce, enterAsGuest, onStage, register } from "./steps";
import { expect, test } from "./venue";

const { defaultBrowserType: _, ...pixel } = devices["Pixel 7"];
const small = { ...pixel, viewport: { width: 360, height: 740 }, screen: { width: 360, height: 740 } };

test("artist and audience at 360 pixels, and nothing that keeps anybody out", async ({ person }) => {
  test.slow();
  const artist = await person("Mira Voss", small);
  const show = await onStage(artist);
  const ana = await person("Ana", small);
  await enterAsGuest(ana, show);
  await ana.seesAndHears();

  const fits = async (one: typeof ana, what: string) => {
    const { content, screen } = await one.page.evaluate(() => ({
      content: document.documentElement.scrollWidth,
      screen: window.innerWidth,
    }));
    expect(content, `${what} fits the screen`).toBeLessThanOrEqual(screen);
    const { violations } = await new AxeBuilder({ page: one.page })
      .options({ runOnly: ["wcag2a", "wcag2aa", "wcag22aa"], rules: { "heading-order": { enabled: true } } })
      .analyze();
    expect(
      violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`),
      `${what} is accessible`,
    ).toEqual([]);
  };
  await fits(ana, "the show");
  await fits(artist, "the studio");
  for (const path of ["/", "/join", "/log-in"]) {
    await ana.goto(path);
    await fits(ana, path);
  }
  const tab = await artist.anotherTab();
  for (const path of ["/dashboard", "/shows/new", `${show}/edit`, "/recordings", `${show}/recording`]) {
    await tab.goto(path);
    await fits(tab, path);
  }
});

test("it can be installed, and says so when there is no network", async ({ person, venue, complaints }) => {
  complaints.expected.push(/ERR_INTERNET_DISCONNECTED/, /WebSocket/);
  const ana = await person("Ana", pixel);
  await ana.goto("/");
  const manifest = await (await ana.page.request.get(`${venue.url}/manifest.webmanifest`)).json();
  expect(manifest.display).toBe("standalone");
  for (const icon of manifest.icons) {
    expect((await ana.page.request.get(venue.url + icon.src)).ok(), icon.src).toBe(true);
  }
  await ana.page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    if (active?.state !== "activated") {
      await new Promise((resolve) => active?.addEventListener("statechange", resolve));
    }
  });
  await ana.context.setOffline(true);
  await ana.page.goto(`${venue.url}/join`);
  await expect(ana.page.getByText(/offline|no network|no connection/i).first()).toBeVisible();
  await ana.context.setOffline(false);
});

test("times are the visitor's own from the first paint on, and nothing shifts", async ({ person, complaints }) => {
  complaints.expected.push(/ERR_FAILED|Failed to fetch|wasm/i);
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour", 600);
  const zone = "Asia/Kathmandu";
  const wide = { width: 412, height: 823 };
  const ana = await person("Ana", { ...pixel, viewport: wide, screen: wide, timezoneId: zone });
  const times = ana.page.locator("main time");
  const said = async () => [await times.allTextContents(), await times.first().getAttribute("datetime")] as const;

  // The program never comes; refused, it would be asked for again with the page.
  await ana.page.route("**/first-*", () => {});
  await ana.page.goto(ana.venue.url + show, { waitUntil: "domcontentloaded" });
  expect(await ana.page.evaluate(() => "alive" in document.documentElement.dataset)).toBe(false);
  const [read, instant] = await said();
  const clock = new Date(instant!).toLocaleTimeString("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  expect(read[0], "before the page is alive").toContain(clock);
  expect(read[1]).toMatch(/^\d\d:\d\d$/);

  await ana.page.unroute("**/first-*");
  await ana.goto(show);
  await expect(ana.page.getByRole("button", { name: "Step into the crowd" })).toBeEnabled();
  expect((await said())[0], "once it is").toEqual(read);
  const shifted = await ana.page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        const observer = new PerformanceObserver((list) => {
          for (const shift of list.getEntries()) sum += (shift as unknown as { value: number }).value;
        });
        observer.observe({ type: "layout-shift", buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => resolve(sum)));
      }),
  );
  expect(shifted, "cumulative layout shift").toBeLessThan(0.01);
});
