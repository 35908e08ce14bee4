// What the system does to the artist's devices: a phone call, a headset's button, another app.
import { announce, enterAsGuest, onStage, register, unfold } from "./steps";
import { type Person, expect, test } from "./venue";

const silent = (artist: Person) => artist.page.getByRole("alert").getByText("Nobody hears you:", { exact: false });
const isBack = (artist: Person) => artist.page.getByRole("status").getByText("Your microphone is back.");
const unmeasured = (artist: Person) =>
  artist.page.getByText("This browser can't measure your level.", { exact: false });
const works = (artist: Person) => artist.page.getByRole("listitem").filter({ hasText: "Camera and microphone work" });

/** The identity of the microphone's track that is being sent. */
const sent = (artist: Person) =>
  artist.page.evaluate(() => {
    const { keptConnections } = window as unknown as { keptConnections: RTCPeerConnection[] };
    return keptConnections
      .at(-1)!
      .getSenders()
      .find(({ track }) => track?.kind === "audio")?.track?.id;
  });

/** The system takes away the microphone that is being sent (`mute`), or gives it back (`unmute`). */
const system = (artist: Person, event: "mute" | "unmute") =>
  artist.page.evaluate((event) => {
    const { keptConnections } = window as unknown as { keptConnections: RTCPeerConnection[] };
    const { track } = keptConnections
      .at(-1)!
      .getSenders()
      .find(({ track }) => track?.kind === "audio")!;
    Object.defineProperty(track, "muted", { value: event === "mute", configurable: true });
    track!.dispatchEvent(new Event(event));
  }, event);

/** Whether every microphone is taken by a phone call: those that are opened give nothing. */
const call = (artist: Person, goesOn: boolean) =>
  artist.page.evaluate((goesOn) => {
    Object.assign(window, { called: goesOn });
    if ("calls" in window) return;
    Object.assign(window, { calls: true });
    const devices = navigator.mediaDevices;
    const open = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async (wanted) => {
      const stream = await open(wanted);
      const { called } = window as unknown as { called: boolean };
      for (const track of called ? stream.getAudioTracks() : [])
        Object.defineProperty(track, "muted", { value: true, configurable: true });
      return stream;
    };
  }, goesOn);

async function losesAndFinds(artist: Person, ana: Person): Promise<void> {
  await call(artist, true);
  await system(artist, "mute");
  await expect(silent(artist)).toBeVisible();
  await expect(works(artist)).toContainText("To do:");
  await call(artist, false);
  const before = await sent(artist);
  await system(artist, "unmute");
  await expect(silent(artist)).toHaveCount(0);
  await expect(isBack(artist)).toBeVisible();
  await expect(works(artist)).toContainText("Done:");
  // Tracks that come back may stay silent for ever, so another one was opened.
  await expect.poll(() => sent(artist)).not.toBe(before);

  // It doesn't come back: it is opened again, at first in vain.
  await call(artist, true);
  const first = await sent(artist);
  await system(artist, "mute");
  await expect(silent(artist)).toBeVisible();
  await expect.poll(() => sent(artist), { message: "opened again" }).not.toBe(first);
  await expect(silent(artist), "in vain").toBeVisible();
  await call(artist, false);
  // Attempts are paced: the next may be twelve seconds away.
  await expect(silent(artist)).toHaveCount(0, { timeout: 30_000 });

  // Nor need one wait for it.
  await call(artist, true);
  await system(artist, "mute");
  await expect(silent(artist)).toBeVisible();
  await call(artist, false);
  await artist.page.getByRole("button", { name: "Take the microphone back" }).click();
  await expect(silent(artist)).toHaveCount(0);
  await ana.hears();
}

test("a microphone that the system mutes is told of at once, and taken back", async ({ person }) => {
  const artist = await person("Mira Voss");
  const show = await onStage(artist);
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await unfold(artist, "Ready?");
  await losesAndFinds(artist, ana);

  // Out of sight it is left alone, and taken back when the page is seen again. Browsers under test never hide
  // a page: it is told so.
  const sight = (hidden: boolean) =>
    artist.page.evaluate((hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }, hidden);
  await sight(true);
  await system(artist, "mute");
  await expect(silent(artist)).toBeVisible();
  await sight(false);
  await expect(silent(artist)).toHaveCount(0);

  // The camera likewise; out of sight it waits for the press.
  await sight(true);
  const dark = artist.page.getByRole("alert").getByText("Nobody sees you:", { exact: false });
  await artist.page.locator(".preview video").evaluate((video: HTMLVideoElement) => {
    (video.srcObject as MediaStream).getVideoTracks()[0]!.dispatchEvent(new Event("mute"));
  });
  await expect(dark).toBeVisible();
  await artist.page.getByRole("button", { name: "Take the camera back" }).click();
  await expect(dark).toHaveCount(0);
  await ana.seesAndHears();
});

test("in Firefox a muted microphone is told of and taken back, and the level moves or says why not", async ({
  person,
  firefoxPerson,
}) => {
  const artist = await firefoxPerson("Mira Voss");
  const show = await onStage(artist);
  await unfold(artist, "Ready?");
  await unfold(artist, "Sound and picture");
  // Without a loudspeaker Firefox's sound system stands still.
  const heard = artist.page.getByRole("listitem").filter({ hasText: "Done: Your microphone is heard" });
  await expect(heard.or(unmeasured(artist)).first()).toBeVisible();
  const ana = await person("Ana");
  await enterAsGuest(ana, show);
  await losesAndFinds(artist, ana);
});

/** Connects microphones to sound systems of one sample rate alone, as Firefox does; to none without one. */
const onlyAt = (rate?: number) => {
  const { createMediaStreamSource } = AudioContext.prototype;
  AudioContext.prototype.createMediaStreamSource = function (stream) {
    if (this.sampleRate === rate) return createMediaStreamSource.call(this, stream);
    throw new DOMException("Connecting AudioNodes with different sample-rate is not supported", "NotSupportedError");
  };
};

test("a level that can't be measured says so, and holds nobody up", async ({ person }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const point = (words: string) => artist.page.getByRole("listitem").filter({ hasText: words });
  const meter = artist.page.getByRole("meter", { name: "Level" });

  await artist.context.addInitScript(onlyAt);
  await artist.goto(`${show}/studio`);
  await expect(unmeasured(artist)).toBeVisible();
  await expect(meter).toHaveCount(0);
  await expect(point("Your microphone is heard")).toContainText("Can't be told here:");
  await artist.page.getByRole("button", { name: "Record 5 seconds and listen" }).click();
  await expect(point("You've heard yourself")).toContainText("Done:");
  await expect(point("Your microphone is heard")).toContainText("Done:");
});

test("a microphone with another rate than the loudspeakers is measured", async ({ person }) => {
  const artist = await person("Mira Voss");
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  await artist.context.addInitScript(onlyAt, 16_000);
  await artist.goto(`${show}/studio`);
  await expect(artist.page.getByRole("meter", { name: "Level" })).toBeVisible();
  const heard = artist.page.getByRole("listitem").filter({ hasText: "Your microphone is heard" });
  await expect(heard).toContainText("Done:");
});
