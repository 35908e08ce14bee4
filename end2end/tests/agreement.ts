// A show in every format, with a pause, a takeover, three drops and a change of size; and whether sound, picture and
// chat of its recording belong together.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LaunchOptions } from "@playwright/test";
import { beepsIn, darkStage, flash, flashesIn, hangUp, playIn, readsThrough, resize } from "./flashes";
import { announce, call, goLive, register } from "./steps";
import { type Person, expect } from "./venue";

/** Options of a browser whose pages make sound before anything is pressed in them. */
export function soundFromTheStart(launch: LaunchOptions = {}): LaunchOptions {
  return { ...launch, args: [...(launch.args ?? []), "--autoplay-policy=no-user-gesture-required"] };
}

/** A recording as its artist is told of it, as far as is needed here. */
interface Recording {
  state: string;
  began_at: number;
  files: { id: string; offset: number; duration: number; media_type: string }[];
}

/** One flash with its beep and its message: milliseconds of the recording, and of the wall clock when it was live. */
export interface Moment {
  text: string;
  live: number;
  picture: number;
  sound: number;
  chat: number;
}

/** Formats in which a program plays. */
const FORMATS = ["video/H264", "video/VP9", "video/AV1"] as const;

/** Plays such a show to its end, in two tabs of the artist; answers its address, and when each flash was. */
export async function playAll(
  artist: Person,
  another: Person,
): Promise<{ show: string; flashes: Map<string, number> }> {
  const drop = async () => {
    await hangUp(another);
    const stage = async () => (await call<{ card: { stage: string } }>(another, "shows/show", { id })).card.stage;
    await expect.poll(stage, { message: "the stage is empty" }).toBe("dropped");
  };
  await darkStage(artist);
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const id = show.split("/").pop()!;
  const { secret: key } = await call<{ secret: string }>(artist, "live/make_stream_key", { name: "Laptop" });
  const flashes = new Map<string, number>();
  const flashBy = async (person: Person) => {
    const text = `Flash ${flashes.size + 1}`;
    flashes.set(text, await flash(person, id, text));
    // Until it is dark again, and silent.
    await person.page.waitForTimeout(900);
  };
  let files = 0;
  const isRecorded = async () => {
    const count = async () => {
      const found = await another.page.request.post(`${artist.venue.url}/api/recordings/one`, {
        headers: { origin: artist.venue.url },
        data: { show: id },
      });
      return found.ok() ? ((await found.json()) as Recording).files.length : 0;
    };
    await expect.poll(count, { message: "another file is written", timeout: 20_000 }).toBeGreaterThan(files);
    await another.page.waitForTimeout(1_000);
    files = await count();
  };

  // From the studio, in all sizes, with a pause.
  await goLive(artist, show);
  await isRecorded();
  for (let n = 0; n < 2; n++) await flashBy(artist);
  await artist.page.getByRole("button", { name: "Pause" }).click();
  const resume = artist.page.getByRole("button", { name: "Resume" });
  await expect(resume).toBeVisible();
  // So long that another file begins after it.
  await artist.page.waitForTimeout(4_500);
  await resume.click();
  await expect(artist.page.getByText("You are live.", { exact: true })).toBeVisible();
  await artist.page.waitForTimeout(1_500);
  await flashBy(artist);

  // By a program that takes over, and drops three times: each time it comes again in another format.
  await another.goto("/");
  for (const format of FORMATS) {
    if (format !== FORMATS[0]) await drop();
    await playIn(another, key, format);
    if (format === FORMATS[0]) await artist.page.close();
    await isRecorded();
    for (let n = 0; n < 2; n++) await flashBy(another);
  }
  await drop();
  await playIn(another, key, "video/VP8");
  await isRecorded();
  await resize(another, 480, 360);
  await isRecorded();
  await flashBy(another);
  await call(another, "live/end", { show: id });
  return { show, flashes };
}

/** Reads the recording by FFmpeg, which has nothing to complain of, and finds the flashes in it. */
export async function findAll(
  { page, venue }: Person,
  show: string,
  flashes: Map<string, number>,
): Promise<{ moments: Moment[]; formats: string[] }> {
  const id = show.split("/").pop()!;
  const ask = async <T>(name: string, data: object): Promise<T> => {
    const headers = { origin: venue.url };
    return (await page.request.post(`${venue.url}/api/${name}`, { headers, data })).json() as T;
  };
  const one = () => ask<Recording>("recordings/one", { show: id });
  await expect.poll(async () => (await one()).state, { timeout: 30_000 }).toBe("draft");
  const { began_at, files } = await one();
  const folder = await mkdtemp(join(tmpdir(), "bandstand-recording-"));
  const [pictures, sounds]: [number[], number[]] = [[], []];
  for (const { id, offset, media_type } of files) {
    const path = join(folder, id);
    await writeFile(path, await (await page.request.get(`${venue.url}/recordings/${id}`)).body());
    await readsThrough(path);
    pictures.push(...(await flashesIn(path)).map((at) => at + offset));
    if (media_type.includes("opus")) sounds.push(...(await beepsIn(path)).map((at) => at + offset));
  }
  await rm(folder, { recursive: true });
  const { messages } = await ask<{ messages: { text: string; sent_at: number }[] }>("recordings/moments", {
    show: id,
    from: began_at,
  });
  const nearest = (all: number[], to: number) =>
    all.reduce((best, at) => (Math.abs(at - to) < Math.abs(best - to) ? at : best), Number.POSITIVE_INFINITY);
  const moments = messages.map(({ text, sent_at }) => {
    const chat = sent_at - began_at;
    const live = flashes.get(text)! - began_at;
    return { text, live, chat, picture: nearest(pictures, chat), sound: nearest(sounds, chat) };
  });
  return { moments, formats: files.map((file) => file.media_type) };
}

/** Each moment in a line, for who reads the figures. */
export function lines(moments: Moment[]): string[] {
  const signed = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(Math.round(value))} ms`;
  return moments.map(
    ({ text, picture, sound, chat }) =>
      `${text} at ${(picture / 1_000).toFixed(2)} s: sound ${signed(sound - picture)}, chat ${signed(chat - picture)}`,
  );
}
