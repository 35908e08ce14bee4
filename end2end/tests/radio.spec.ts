// A radio night: a source client, heard on the show's page by WebRTC in both browsers, and by HTTP where that
// doesn't get through.
import { readFileSync } from "node:fs";
import { type ClientRequest, request } from "node:http";
import { join } from "node:path";
import { announce, call, enterAsGuest, fillShow, goLive, register, unfold } from "./steps";
import { type Person, expect, test } from "./venue";

/** Half a second of MP3 of 48 kbit/s, without a tag or a table. */
const tone = readFileSync(join(import.meta.dirname, "../../server/radio/fixtures/rate48.mp3"));
/** How long it lasts, in milliseconds. */
const LENGTH = (tone.length * 8) / 48;

/** A source client, which sends the same sound again and again in real time. */
class SourceClient {
  status: number | undefined;
  private readonly request: ClientRequest;
  private readonly timer: NodeJS.Timeout;

  constructor(url: string, key: string) {
    const authorization = `Basic ${Buffer.from(`source:${key}`).toString("base64")}`;
    const headers = { authorization, "content-type": "audio/mpeg", "transfer-encoding": "chunked" };
    this.request = request(`${url}/radio`, { method: "PUT", headers }, (response) => {
      this.status = response.statusCode;
      response.resume();
    });
    // Cut off with the test.
    this.request.on("error", () => {});
    this.request.write(tone);
    this.request.write(tone);
    this.timer = setInterval(() => this.request.write(tone), LENGTH);
  }

  stop(): void {
    clearInterval(this.timer);
    this.request.end();
  }
}

/** Waits until the page plays what comes by WebRTC, and nothing by HTTP beside it. */
async function hearsByWebrtc(person: Person): Promise<void> {
  const plays = () =>
    person.page.evaluate(() => {
      const video = document.querySelector("video:not(.glimpse)") as HTMLVideoElement | null;
      return { address: video?.getAttribute("src") ?? "", stream: video?.srcObject instanceof MediaStream };
    });
  const wanted = { address: "", stream: true };
  await expect.poll(plays, { timeout: 20_000 }).toEqual(wanted);
  await person.hears();
  await person.hears();
  expect(await plays()).toEqual(wanted);
}

/** Waits until the page plays by HTTP, and goes on doing so. */
async function hearsByHttp(person: Person, show: string): Promise<void> {
  const played = () =>
    person.page.evaluate(() => {
      const video = document.querySelector("video:not(.glimpse)") as HTMLVideoElement | null;
      return { address: video?.getAttribute("src") ?? "", time: video?.currentTime ?? 0 };
    });
  const id = show.split("/").pop();
  await expect.poll(async () => (await played()).address, { timeout: 20_000 }).toContain(`/listen/${id}`);
  const { time } = await played();
  await expect.poll(async () => (await played()).time, { timeout: 20_000 }).toBeGreaterThan(time + 2);
}

test("a source client is live, and heard on the page in Chromium and Firefox", async ({
  person,
  firefoxPerson,
  venue,
}) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss on the radio");
  const { secret } = await call<{ secret: string }>(artist, "live/make_stream_key", { name: "Mixer" });
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  const tom = await firefoxPerson("Tom");
  await enterAsGuest(tom, show);

  // Her browser has no WebRTC.
  const lea = await person("Lea");
  await lea.page.addInitScript(() => Object.assign(window, { RTCPeerConnection: undefined }));
  await enterAsGuest(lea, show);

  const source = new SourceClient(venue.url, secret);
  try {
    await hearsByWebrtc(ana);
    await hearsByWebrtc(tom);
    await hearsByHttp(lea, show);
    await expect(ana.page.getByText("Sound only. Close your eyes.")).toBeVisible();
    const authorization = `Basic ${Buffer.from(`source:${secret}`).toString("base64")}`;
    const song = "mode=updinfo&mount=/radio&artist=Mira+Voss&title=Low+Tide";
    const told = await fetch(`${venue.url}/admin/metadata?${song}`, { headers: { authorization } });
    expect(told.status).toBe(200);
    await expect(ana.page.getByText("Mira Voss - Low Tide")).toBeVisible({ timeout: 15_000 });
    await expect(tom.page.getByText("Mira Voss - Low Tide")).toBeVisible({ timeout: 15_000 });
    source.stop();
    await expect.poll(() => source.status, { timeout: 10_000 }).toBe(200);
  } finally {
    source.stop();
  }
});

const icon = readFileSync(join(import.meta.dirname, "../../public/icons/icon-512.png"));

test("a show of sound alone has artwork, titles from the studio, a tracklist and a level that lives", async ({
  person,
  firefoxPerson,
}) => {
  const artist = await person("Mira Voss");
  const { page } = artist;
  await register(artist, "artist");
  await artist.goto("/shows/new");
  await fillShow(page, { title: "Mira Voss on the radio", genre: "Folk", startsIn: 2 });
  await page.getByRole("radio", { name: /Sound alone/ }).check();
  await page.getByRole("button", { name: "Announce the show" }).click();
  await page.getByRole("link", { name: "Add artwork" }).click();
  const field = page.getByLabel("Artwork", { exact: true });
  await field.setInputFiles({ name: "cover.png", mimeType: "image/png", buffer: icon });
  await page.getByRole("button", { name: "Use this picture" }).click();
  await expect(page.getByText("That’s the artwork now.")).toBeVisible();
  await expect(page.getByRole("radio", { name: /Sound alone/ })).toBeChecked();
  const show = new URL(page.url()).pathname.replace("/edit", "");

  await goLive(artist, show);
  await expect(page.getByRole("button", { name: "Share the computer’s sound" })).toBeVisible();
  await expect(page.getByLabel("Camera")).toHaveCount(0);
  await unfold(artist, "What plays now");
  const onPhone = { viewport: { width: 390, height: 844 } };
  for (const visitor of [await person("Ana", onPhone), await firefoxPerson("Tom")]) {
    await enterAsGuest(visitor, show);
    const stage = visitor.page.getByRole("region", { name: "The stage" });
    await expect(stage.locator(".poster-art img")).toBeVisible();
    await expect(stage.locator(".sound-only")).toHaveAttribute("data-measured", "");

    // Named by keyboard in the studio, and seen, noted and told to the system here.
    const title = `Low Tide, for ${visitor.name}`;
    const typed = page.getByRole("textbox", { name: "Title" });
    await typed.fill(title);
    await typed.press("Enter");
    await expect(stage.getByText(title)).toBeVisible();
    const tracks = visitor.page.getByRole("region", { name: "Tracklist" }).getByRole("listitem");
    await expect(tracks.first()).toContainText(title);
    const told = () => visitor.page.evaluate(() => navigator.mediaSession.metadata?.title);
    await expect.poll(told).toBe(title);
  }
});

test("what another tab plays is heard on stage, and its picture is let go", async ({ person, sharingPerson }) => {
  const artist = await sharingPerson("Mira Voss", "Record player");
  const { page } = artist;
  await register(artist, "artist");
  await artist.goto("/shows/new");
  await fillShow(page, { title: "Mira Voss on the radio", genre: "Folk", startsIn: 2 });
  await page.getByRole("radio", { name: /Sound alone/ }).check();
  await page.getByRole("button", { name: "Announce the show" }).click();
  const link = page.getByRole("listitem").getByRole("link", { name: "Page" });
  const show = (await link.getAttribute("href")) ?? "";

  const records = await artist.context.newPage();
  await records.setContent("<title>Record player</title>");
  await records.evaluate(() => {
    const context = new AudioContext();
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    volume.gain.value = 0;
    tone.connect(volume).connect(context.destination);
    tone.start();
    Object.assign(window, { volume });
  });
  const play = (volume: number) =>
    records.evaluate((value) => {
      (window as unknown as { volume: GainNode }).volume.gain.value = value;
    }, volume);

  await page.bringToFront();
  await artist.goto(`${show}/studio`);
  await page.getByRole("button", { name: "Share the computer’s sound" }).click();
  const chosen = page.getByLabel("Microphone", { exact: true }).locator("option:checked");
  await expect(chosen).toHaveText("The computer’s sound");
  await page.getByRole("button", { name: "Go live" }).click();
  await expect(page.getByText("You are live.", { exact: true })).toBeVisible();
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await ana.hears();

  /** Loudness of what Ana hears in the next second, between 0 and 1. */
  const loudness = async () => {
    const before = await ana.received();
    await expect.poll(async () => (await ana.received()).audioPackets).toBeGreaterThan(before.audioPackets + 50);
    return (await ana.received()).audioEnergy - before.audioEnergy;
  };
  await expect.poll(loudness).toBeLessThan(0.001);
  await play(0.8);
  await expect.poll(loudness).toBeGreaterThan(0.05);
  await play(0);
  await expect.poll(loudness).toBeLessThan(0.001);
});
