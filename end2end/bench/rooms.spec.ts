// What a large room costs the server, how soon everybody has a message, and what a flood in one room does to another.
import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { expect, test } from "../tests/venue";
import { Caller, Follower, used } from "./channels";
import { report } from "./figures";

const MEMBERS = 2_000;
/** Messages a second in the large room. */
const RATE = 20;
/** Seconds for which they come. */
const SECONDS = 20;
/** Members who come in at once. */
const AT_ONCE = 25;
/** Members of the flooded room: as many as leave this machine's other core time to listen. */
const FLOODED = Number(process.env.FLOODED ?? 200);
/** Members of the small room, where somebody speaks five times a second. */
const FEW = 20;

test.use({ flags: ["--limit-scale", "1000"] });

test("a room of 2,000, and its neighbour", async ({ venue }) => {
  const owner = await account(venue.url);
  const large = await room(owner);
  const small = await room(owner);
  const followers: Follower[] = [];
  const members: Caller[] = [];
  await inTurn(MEMBERS, async (number) => {
    members[number] = await guest(venue.url, number, large.invitation);
    followers[number] = await Follower.at(members[number], `room:${large.id}`);
  });
  const near: Follower[] = [];
  const neighbours: Caller[] = [];
  await inTurn(FEW, async (number) => {
    neighbours[number] = await guest(venue.url, number, small.invitation);
    near[number] = await Follower.at(neighbours[number], `room:${small.id}`);
  });

  const before = used(venue.pid);
  const delays = await talk(members, large.id, followers, RATE, SECONDS);
  const processor = used(venue.pid).seconds - before.seconds;
  const deliveries = RATE * SECONDS * MEMBERS;
  report(
    `A room of ${MEMBERS} members, ${RATE} messages a second for ${SECONDS} s; all on this machine`,
    `${deliveries.toLocaleString("en")} deliveries, with everything the server does for them`,
    [
      [
        "deliveries per processor-second (wanted: at least 80,000)",
        Math.round(deliveries / processor).toLocaleString("en"),
      ],
      ["delay from the press to the last of the members, median", `${at(delays, 0.5)} ms`],
      ["… p99 of all deliveries (wanted: at most 200 ms)", `${at(delays, 0.99)} ms`],
    ],
  );

  for (const follower of followers.slice(FLOODED)) follower.close();
  // Until the venue has noticed.
  await setTimeout(5_000);
  const calm = await talk(neighbours, small.id, near, 5, 10);
  let flooding = true;
  let said = 0;
  const flood = Promise.all(
    members.slice(0, 8).map(async (member) => {
      for (; flooding; said++) await say(member, large.id);
    }),
  );
  await setTimeout(1_000);
  const [begun, used0] = [{ said, at: performance.now() }, used(venue.pid)];
  const shaken = await talk(neighbours, small.id, near, 5, 10);
  const seconds = (performance.now() - begun.at) / 1_000;
  const rate = Math.round((said - begun.said) / seconds);
  const load = (used(venue.pid).seconds - used0.seconds) / seconds;
  flooding = false;
  await flood;
  const flooded = `${rate} messages a second, the venue at ${Math.round(100 * load)} % of a processor`;
  report(`A room of ${FEW} beside one of ${FLOODED} that is flooded by eight who write without a pause`, flooded, [
    ["p99 of deliveries while the other is quiet", `${at(calm, 0.99)} ms`],
    ["… while it is flooded (wanted: less than 10 ms more)", `${at(shaken, 0.99)} ms`],
  ]);
  expect(followers.slice(0, FLOODED).filter((it) => it.cut)).toHaveLength(0);
  for (const follower of [...followers, ...near]) follower.close();
});

/** Somebody with an account. */
async function account(url: string): Promise<Caller> {
  const person = new Caller(url);
  const handle = `bench-${randomBytes(4).toString("hex")}`;
  const form = { handle, display_name: handle, email: `${handle}@example.org`, password: randomUUID(), artist: null };
  await person.call("accounts/register", { form });
  return person;
}

/** A room, and the end of a link into it. */
async function room(owner: Caller): Promise<{ id: string; invitation: string }> {
  const choices = { public: false, guests: true, guest_uploads: false, knocking: false, kept_days: null };
  const form = { address: "", title: "", description: "", ...choices };
  const { id } = await owner.call<{ id: string }>("rooms/make", { form });
  const open = { hours: null, max_uses: null };
  const { link } = await owner.call<{ link: string }>("rooms/invite", { room: id, form: open });
  return { id, invitation: link.split("/").at(-1)! };
}

/** A guest who is in the room by the link. */
async function guest(url: string, number: number, invitation: string): Promise<Caller> {
  const person = new Caller(url);
  await person.call("accounts/enter_as_guest", { name: `Guest ${number}` });
  await person.call("rooms/accept", { invitation });
  return person;
}

const say = (member: Caller, room: string): Promise<void> =>
  member.call("chat/post", { place: `room:${room}`, id: randomUUID(), text: "I have heard this one before." });

/**
 * Lets members of `room` speak in turn, and answers the milliseconds until each follower had each message, sorted.
 * A frame that brings several counts with its last.
 */
async function talk(
  members: Caller[],
  room: string,
  followers: Follower[],
  rate: number,
  seconds: number,
): Promise<number[]> {
  const begun: number[] = [];
  const delays: number[] = [];
  const first = Math.max(...followers.map((it) => it.cursor));
  for (const follower of followers) {
    follower.heard = (cursor) => {
      const at = begun[cursor - first - 1];
      if (at !== undefined) delays.push(performance.now() - at);
    };
  }
  const told = () => followers.reduce((sum, it) => sum + it.cursor - first, 0);
  for (let message = 0; message < rate * seconds; message++) {
    const next = setTimeout(1_000 / rate);
    begun.push(performance.now());
    await say(members[message % Math.min(50, members.length)]!, room);
    await next;
  }
  await expect.poll(told, { timeout: 60_000, intervals: [20] }).toBe(rate * seconds * followers.length);
  for (const follower of followers) follower.heard = () => {};
  return delays.sort((one, other) => one - other);
}

const at = (sorted: number[], share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(1);

async function inTurn(times: number, what: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const one = async () => {
    while (next < times) await what(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}
