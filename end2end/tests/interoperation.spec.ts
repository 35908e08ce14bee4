// WHIP and WHEP with programs that are not ours: Python's aiortc, and Eyevinn's clients in a page of
// another origin.
import { type ChildProcess, spawn } from "node:child_process";
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { announce, counts, enterAsGuest, register } from "./steps";
import { type Person, expect, test as base } from "./venue";

const folder = join(import.meta.dirname, "../interoperation");
const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
const python = process.env.BANDSTAND_PYTHON ?? join(cache, "bandstand/python/bin/python");

/** What aiortc tells of itself. */
type Told = Partial<Record<"status" | "video" | "different" | "audio" | "loudest" | "deleted", number>> & {
  state?: string;
};

/** One aiortc client, in a process of its own. */
class Aiortc {
  readonly told: Told[] = [];
  private errors = "";
  private readonly process: ChildProcess;

  constructor(role: "publish" | "watch", url: string, token: string) {
    this.process = spawn(python, [join(folder, "aiortc_client.py"), role, url], { stdio: "pipe" });
    this.process.stdin!.write(`${token}\n`);
    this.process.stderr!.on("data", (chunk: Buffer) => (this.errors += chunk.toString()));
    createInterface(this.process.stdout!).on("line", (line) => this.told.push(JSON.parse(line) as Told));
  }

  /** Waits until it has told something like that. */
  async tells(what: string, is: (told: Told) => boolean): Promise<void> {
    await expect
      .poll(() => this.told.some(is), { message: `aiortc: ${what}`, timeout: 60_000 })
      .toBe(true)
      .catch((error: Error) => {
        throw new Error(`${error.message}\n${JSON.stringify(this.told)}\n${this.errors}`);
      });
  }

  /** Waits until moving pictures and sound were decoded. */
  async seesAndHears(): Promise<void> {
    await this.tells("sees", (told) => (told.video ?? 0) >= 30 && (told.different ?? 0) >= 20);
    await this.tells("hears", (told) => (told.audio ?? 0) >= 50 && (told.loudest ?? 0) > 1_000);
  }

  async leave(): Promise<void> {
    this.process.stdin!.end();
    await this.tells("its session was deleted", (told) => told.deleted === 200);
  }

  stop(): void {
    this.process.kill();
  }
}

interface Fixtures {
  /** The address of a page of another origin, with Eyevinn's clients. */
  elsewhere: string;
  aiortc: (role: "publish" | "watch", url: string, token: string) => Aiortc;
}

const test = base.extend<Fixtures>({
  elsewhere: async ({}, use) => {
    const options = { entryPoints: [join(folder, "eyevinn.js")], bundle: true, format: "iife", write: false } as const;
    const bundle = (await build({ ...options, logLevel: "error" })).outputFiles[0]!.text;
    const page = '<!doctype html><link rel="icon" href="data:,"><video autoplay muted></video><script src="/page.js"></script>';
    const server: Server = createServer((request, response) => {
      const script = request.url === "/page.js";
      response.setHeader("Content-Type", script ? "text/javascript" : "text/html").end(script ? bundle : page);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    server.close();
  },
  aiortc: async ({}, use) => {
    const clients: Aiortc[] = [];
    await use((role, url, token) => {
      const client = new Aiortc(role, url, token);
      clients.push(client);
      return client;
    });
    for (const client of clients) client.stop();
  },
});

/** A ticket, asked for as the person's own page would. */
async function ticket(person: Person, what: "join" | "stage", show: string): Promise<string> {
  return person.page.evaluate(
    async ([what, show]) => {
      const headers = { "Content-Type": "application/json" };
      const response = await fetch(`/api/live/${what}`, { method: "POST", headers, body: JSON.stringify({ show }) });
      return ((await response.json()) as { token: string }).token;
    },
    [what, show],
  );
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
  await player.page.evaluate(([url, token]) => (window as unknown as Elsewhere).watch(url!, token!), [
    whep,
    await ticket(artist, "join", show),
  ]);
  await subscriber.seesAndHears();
  await player.seesAndHears();

  await subscriber.leave();
  await player.page.evaluate(() => (window as unknown as Elsewhere).leave());
  await publisher.leave();
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
  await subscriber.seesAndHears();
  await guest.seesAndHears();

  await subscriber.leave();
  await studio.page.evaluate(() => (window as unknown as Elsewhere).leave());
  await expect(guest.page.getByText("Lost the connection")).toBeVisible();
});
