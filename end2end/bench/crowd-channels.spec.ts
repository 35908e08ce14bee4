// What an audience's live channels cost the server: memory, and processor time for chat.
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { type Venue, expect, test } from "../tests/venue";
import { Caller, Follower, show as announced, used } from "./channels";
import { report } from "./figures";

const AUDIENCES = [500, 2_000];
/** Deliveries in each measurement. */
const DELIVERIES = 200_000;
/** Deliveries a second when it isn't hurried: about a third of a processor. */
const UNHURRIED = 20_000;
/** Messages under way at once when it is. */
const WRITERS = 8;
/** Guests who come in at once. */
const AT_ONCE = 25;
/** Seconds for which nothing is said before memory is looked at. */
const SETTLE = 4;

test.use({ flags: ["--limit-scale", "1000"] });

test("live channels of an audience", async ({ venue }) => {
  const show = await announced(venue.url);
  const guests: Caller[] = [];
  await inTurn(AUDIENCES.at(-1)!, async (number) => {
    guests[number] = new Caller(venue.url);
    await guests[number].call("accounts/enter_as_guest", { name: `Guest ${number}` });
  });
  await setTimeout(SETTLE * 1_000);
  const empty = used(venue.pid);

  const followers: Follower[] = [];
  for (const audience of AUDIENCES) {
    const there = followers.length;
    await inTurn(audience - there, async (number) => {
      followers[there + number] = await Follower.of(guests[there + number]!, show);
    });
    await setTimeout(SETTLE * 1_000);
    const before = used(venue.pid);
    await setTimeout(6_000);
    const quiet = used(venue.pid);
    const perChannel = (quiet.kibibytes - empty.kibibytes) / audience;

    const messages = DELIVERIES / audience;
    const unhurried = await delivered(venue, followers, async () => {
      for (let message = 0; message < messages; message++) {
        const next = setTimeout((1_000 * audience) / UNHURRIED);
        await say(guests[message % 50]!, show);
        await next;
      }
    });
    const hurried = await delivered(venue, followers, async () => {
      await inTurn(messages, (message) => say(guests[message % 50]!, show), WRITERS);
    });
    const after = used(venue.pid);
    report(
      `Live channels of ${audience} guests at one show`,
      `${DELIVERIES} deliveries each, with everything the server does for them (posting, pings); all on this machine`,
      [
        ["memory per channel (wanted: at most 32 KiB)", `${perChannel.toFixed(1)} KiB`],
        ["… after the chat", `${((after.kibibytes - empty.kibibytes) / audience).toFixed(1)} KiB`],
        ["processor while nothing is said", `${(((quiet.seconds - before.seconds) / 6) * 100).toFixed(1)} %`],
        [`deliveries per processor-second, ${UNHURRIED / audience} messages a second`, unhurried],
        [`deliveries per processor-second, ${WRITERS} messages at a time`, hurried],
      ],
    );
  }
  for (const follower of followers) follower.close();
});

/** Does `what` so many times, some at once. */
async function inTurn(times: number, what: (number: number) => Promise<void>, atOnce = AT_ONCE): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < times) await what(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}

const say = (guest: Caller, show: string): Promise<void> =>
  guest.call("chat/post", {
    place: `show:${show}`,
    id: randomUUID(),
    text: "I have heard this one before, and it was longer then.",
  });

/** Deliveries per processor-second of the server while `talk` is heard by everybody, and what else is to be known. */
async function delivered(venue: Venue, followers: Follower[], talk: () => Promise<void>): Promise<string> {
  const told = () => followers.reduce((sum, it) => sum + it.told, 0);
  const frames = () => followers.reduce((sum, it) => sum + it.frames, 0);
  const [toldBefore, framesBefore, before, begun] = [told(), frames(), used(venue.pid), performance.now()];
  await talk();
  await expect.poll(() => told() - toldBefore, { timeout: 60_000, intervals: [20] }).toBe(DELIVERIES);
  const seconds = (performance.now() - begun) / 1_000;
  const processor = used(venue.pid).seconds - before.seconds;
  expect(followers.filter((it) => it.cut)).toHaveLength(0);
  const perSecond = Math.round(DELIVERIES / processor / 100) * 100;
  const perFrame = DELIVERIES / (frames() - framesBefore);
  return (
    `${perSecond.toLocaleString("en")} (${processor.toFixed(2)} processor-seconds in ${seconds.toFixed(1)} s, ` +
    `${perFrame.toFixed(1)} messages a frame)`
  );
}
