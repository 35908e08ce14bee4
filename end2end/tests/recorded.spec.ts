// What is recorded of a show belongs together, and is read by programs that aren't ours.
import journeys from "../playwright.config";
import { findAll, lines, playAll, soundFromTheStart } from "./agreement";
import { expect, test } from "./venue";

test.use({ launchOptions: soundFromTheStart(journeys.use?.launchOptions) });

/**
 * Milliseconds that sound may be away from its picture in most places and in all, and chat from both. The last
 * two are wider than what is aimed at, for which there is a benchmark: a busy machine draws late, too.
 */
const [SOUND, MOST_SOUND, CHAT] = [40, 150, 500];

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
  const apart = moments.map(({ picture, sound }) => Math.abs(sound - picture));
  expect(apart.filter((it) => it > SOUND).length, `sound and picture apart: ${apart}`).toBeLessThanOrEqual(4);
  expect(Math.max(...apart), "sound and picture").toBeLessThanOrEqual(MOST_SOUND);
  for (const { text, picture, chat } of moments) {
    expect(Math.abs(chat - picture), `${text}: chat and picture`).toBeLessThanOrEqual(CHAT);
  }
});
