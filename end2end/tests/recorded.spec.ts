// What is recorded of a show belongs together, and is read by programs that aren't ours.
import journeys from "../playwright.config";
import { findAll, lines, playAll } from "./agreement";
import { expect, test } from "./venue";

// The artist's pages make sound before anything is pressed.
const launch = journeys.use?.launchOptions;
const args = [...(launch?.args ?? []), "--autoplay-policy=no-user-gesture-required"];
test.use({ launchOptions: { ...launch, args } });

/** Milliseconds that sound may be away from its picture, and chat from both. */
const [SOUND, CHAT] = [40, 250];

test("sound, picture and chat of a recording agree, whatever has happened to the show", async ({ person }) => {
  const artist = await person("Mira Voss");
  const another = await artist.anotherTab();
  const { show, flashes } = await playAll(artist, another);
  const { moments, formats } = await findAll(another, show, flashes);
  console.log(lines(moments).join("\n"));
  expect(moments.length).toBe(10);
  for (const format of ["vp8,opus", "avc1", "vp09", "av01"]) {
    expect(
      formats.filter((it) => it.includes(format)),
      format,
    ).not.toEqual([]);
  }
  // What a busy machine draws a little late is not the recording's fault.
  const apart = moments.map(({ picture, sound }) => Math.abs(sound - picture));
  expect(apart.filter((it) => it > SOUND).length, `sound and picture apart: ${apart}`).toBeLessThanOrEqual(1);
  expect(Math.max(...apart), "sound and picture").toBeLessThanOrEqual(2 * SOUND);
  for (const { text, picture, chat } of moments) {
    expect(Math.abs(chat - picture), `${text}: chat and picture`).toBeLessThanOrEqual(CHAT);
  }
});
