// WHIP and WHEP with programs that are not ours: Python's aiortc, and Eyevinn's clients in a page of
// another origin.
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { type Program, folder, test as base } from "./program";
import { announce, call, counts, enterAsGuest, register } from "./steps";
import { type Person, expect } from "./venue";

interface Fixtures {
  /** The address of a page of another origin, with Eyevinn's clients. */
  elsewhere: string;
  aiortc: (role: "publish" | "watch", url: string, token: string) => Program;
}

const test = base.extend<Fixtures>({
  elsewhere: async ({}, use) => {
    const built = await build({
      entryPoints: [join(folder, "eyevinn.js")],
      bundle: true,
      format: "iife",
      logLevel: "error",
      write: false,
    });
    const bundle = built.outputFiles[0]!.text;
    const page =
      '<!doctype html><link rel="icon" href="data:,"><video autoplay muted></video><script src="/page.js"></script>';
    const server: Server = createServer((request, response) => {
      const script = request.url === "/page.js";
      response.setHeader("Content-Type", script ? "text/javascript" : "text/html").end(script ? bundle : page);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
  },
  aiortc: async ({ program }, use) => use((role, url, token) => program("aiortc_client.py", [role, url], token)),
});

/** A ticket, asked for as the person's own page would. */
async function ticket(person: Person, what: "join" | "stage", show: string): Promise<string> {
  return (await call<{ token: string }>(person, `live/${what}`, { show })).token;
}

/** Waits until the program has decoded moving pictures and sound. */
async function seesAndHears(program: Program): Promise<void> {
  await program.tells("sees", (told) => (told.video ?? 0) >= 30 && (told.different ?? 0) >= 20);
  await program.tells("hears", (told) => (told.audio ?? 0) >= 50 && (told.loudest ?? 0) > 1_000);
}

interface Elsewhere {
  publish(endpoint: string, token: string): Promise<string>;
  watch(url: string, token: string): Promise<void>;
  leave(): Promise<void>;
}

test("aiortc plays to aiortc and to Eyevinn's player", async ({ person, venue, elsewhere, aiortc }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = (await announce(artist, "Mira Voss at the Harbour")).split("/").pop()!;
  const whip = `${venue.url}/whip/${show}`;
  const whep = `${venue.url}/whep/${show}`;
  const publisher = aiortc("publish", whip, await ticket(artist, "stage", show));
  await publisher.tells("connected", (told) => told.state === "connected");

  const subscriber = aiortc("watch", whep, await ticket(artist, "join", show));
  const player = await person("Elsewhere");
  await player.page.goto(elsewhere);
  await player.page.evaluate(
    ([url, token]) => (window as unknown as Elsewhere).watch(url!, token!),
    [whep, await ticket(artist, "join", show)],
  );
  await seesAndHears(subscriber);
  await player.seesAndHears();

  expect((await subscriber.leave()).deleted).toBe(200);
  await player.page.evaluate(() => (window as unknown as Elsewhere).leave());
  expect((await publisher.leave()).deleted).toBe(200);
});

test("Eyevinn's WHIP client plays to aiortc and to our own page", async ({ person, venue, elsewhere, aiortc }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const path = await announce(artist, "Mira Voss at the Harbour");
  const show = path.split("/").pop()!;
  const studio = await artist.anotherTab();
  await studio.page.goto(elsewhere);
  const session = await studio.page.evaluate(
    ([endpoint, token]) => (window as unknown as Elsewhere).publish(endpoint!, token!),
    [`${venue.url}/whip/${show}`, await ticket(artist, "stage", show)],
  );
  expect(session).toContain(`/whip/${show}/`);

  const subscriber = aiortc("watch", `${venue.url}/whep/${show}`, await ticket(artist, "join", show));
  const guest = await person("Ana");
  await enterAsGuest(guest, path);
  await counts(guest, 1);
  await seesAndHears(subscriber);
  await guest.seesAndHears();

  expect((await subscriber.leave()).deleted).toBe(200);
  await studio.page.evaluate(() => (window as unknown as Elsewhere).leave());
  await expect(guest.page.getByText("The line has dropped")).toBeVisible();
});
