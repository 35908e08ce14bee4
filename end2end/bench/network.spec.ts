// Bad networks: what a viewer sees of the stage behind them, beside Janus.
import type { Browser, Page } from "@playwright/test";
import { type Conditions, FRONT, GOOD, Relay } from "../tests/relay";
import { announce, register } from "../tests/steps";
import { type Person, test } from "../tests/venue";
import { report } from "./figures";
import { Janus } from "./janus";
import { type Layer, type Seen, accept, answer, offerSeat, offerStage, page, see, sendsAll, watch } from "./peers";

const SECONDS = Number(process.env.BENCH_SECONDS ?? 20);
/** Which of the networks, by what they are called; all if it isn't said. */
const ONLY = new RegExp(process.env.BENCH_ONLY ?? "");
const SETTLING = 5;
const SEED = 7;

/** On both ways, but for the width, which only the way of the picture has. */
const NETWORKS: [string, Conditions][] = [
  ["undisturbed", GOOD],
  ["1 % loss", { ...GOOD, loss: 0.01 }],
  ["5 % loss", { ...GOOD, loss: 0.05 }],
  ["10 % loss", { ...GOOD, loss: 0.1 }],
  ["50 ± 30 ms", { ...GOOD, delay: 50, jitter: 30 }],
  ["300 kbit/s", { ...GOOD, kilobits: 300 }],
];

/** A server that lets an artist through to viewers, each behind a relay. */
interface Stage {
  name: string;
  publish(): Promise<[Page, Relay]>;
  watch(): Promise<[Page, Relay]>;
  stop(): Promise<void>;
}

/** The description with its server behind a relay. */
async function behind(sdp: string): Promise<[string, Relay]> {
  const candidates = sdp.split("\r\n").filter((line) => line.startsWith("a=candidate:") && / udp /i.test(line));
  const fields = candidates[0]?.split(" ") ?? [];
  const relay = await Relay.lay(Number(fields[5]), fields[4], SEED);
  const kept = [...fields.slice(0, 4), FRONT, `${relay.port}`, ...fields.slice(6)].join(" ");
  const lines = sdp.split("\r\n").filter((line) => !line.startsWith("a=candidate:") || line === candidates[0]);
  return [lines.map((line) => (line === candidates[0] ? kept : line)).join("\r\n"), relay];
}

/**
 * The studio's layers, for both servers alike: how much Chromium sends of each on a narrow line depends
 * on their order. The names are those by which Janus knows them.
 */
const LAYERS: Layer[] = [
  ["l", 4, 150_000],
  ["m", 2, 600_000],
  ["h", 1, 2_500_000],
];
const LARGEST = "h";

/** Posts as the person's own page would. */
async function post(person: Person, path: string, body: object): Promise<{ token: string }> {
  const answer = await person.context.request.post(`${person.venue.url}/api/${path}`, {
    data: body,
    headers: { Origin: person.venue.url },
  });
  if (!answer.ok()) throw new Error(`${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
}

async function ours(browser: Browser, person: (name: string) => Promise<Person>): Promise<Stage> {
  const artist = await person("Mira Voss");
  const { venue } = artist;
  await register(artist, "artist");
  const show = await announce(artist, "Mira Voss at the Harbour");
  const id = show.split("/").pop()!;
  const guest = await person("Ana");
  // Her own page would only take up the machine's time.
  await artist.page.goto(`${venue.url}/healthz`);
  const exchange = async (path: string, token: string, offer: string) => {
    const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/sdp" };
    const answered = await fetch(venue.url + path, { method: "POST", headers, body: offer });
    if (answered.status !== 201) throw new Error(`${path}: ${answered.status} ${await answered.text()}`);
    return behind(await answered.text());
  };
  return {
    name: "Bandstand",
    async publish() {
      const studio = await page(browser, venue.url);
      const { token } = await post(artist, "live/stage", { show: id });
      const [sdp, relay] = await exchange(`/whip/${id}`, token, await offerStage(studio, LAYERS));
      await accept(studio, sdp);
      return [studio, relay];
    },
    async watch() {
      const seat = await page(browser, venue.url);
      const { token } = await post(guest, "live/join", { show: id, name: guest.name });
      const [sdp, relay] = await exchange(`/whep/${id}`, token, await offerSeat(seat));
      await accept(seat, sdp);
      await watch(seat);
      return [seat, relay];
    },
    async stop() {},
  };
}

async function theirs(browser: Browser, venue: string): Promise<Stage> {
  const janus = await Janus.start();
  return {
    name: "Janus",
    async publish() {
      const studio = await page(browser, venue);
      const [sdp, relay] = await behind(await janus.publish(await offerStage(studio, LAYERS)));
      await accept(studio, sdp);
      return [studio, relay];
    },
    async watch() {
      const seat = await page(browser, venue);
      const offered = await janus.subscribe();
      const [sdp, relay] = await behind(offered.offer);
      await offered.answer(await answer(seat, sdp));
      await watch(seat);
      return [seat, relay];
    },
    async stop() {
      janus.stop();
    },
  };
}

const figures = (seen: Seen) =>
  [
    `${seen.freezes} freezes`.padStart(10),
    `${seen.frozenSeconds.toFixed(1)} s`.padStart(7),
    `${(seen.longestGap / 1_000).toFixed(2)} s`.padStart(7),
    `${(seen.frames / seen.seconds).toFixed(1)}/s`.padStart(7),
    `${seen.kilobits.toFixed(0)} kbit/s`.padStart(12),
    `${seen.height.toFixed(0)}`.padStart(5),
    `${seen.concealed.toFixed(1)} %`.padStart(7),
  ].join("  ");

const HEAD = ["freezes".padStart(10), "frozen", "longest", "pictures", "received", "height", "sound made up"].join(
  "  ",
);

test("bad networks", async ({ person, venue, browser, complaints }) => {
  test.setTimeout(3_600_000);
  complaints.expected.push(/Failed to load resource/);
  const rows: [string, string][] = [["viewer's network", HEAD]];
  for (const open of [() => ours(browser, person), () => theirs(browser, venue.url)]) {
    const stage = await open();
    const [studio, fromArtist] = await stage.publish();
    const run = async (what: string, happens: (viewer: Relay) => unknown, after = () => {}) => {
      if (!ONLY.test(what)) return;
      await sendsAll(studio, LARGEST);
      const [seat, toViewer] = await stage.watch();
      await seat.waitForTimeout(SETTLING * 1_000);
      rows.push([`${what}, ${stage.name}`, figures(await see(seat, SECONDS, () => happens(toViewer)))]);
      await seat.context().close();
      toViewer.remove();
      after();
      console.log(rows.at(-1)!.join("  "));
    };
    for (const [what, network] of NETWORKS) {
      const to = { ...network, kilobits: GOOD.kilobits };
      await run(what, (viewer) => (viewer.conditions = { to, from: network }));
    }
    for (const [what, network] of NETWORKS.slice(1)) {
      await run(
        `the artist's: ${what}`,
        () => (fromArtist.conditions = { to: network, from: { ...network, kilobits: GOOD.kilobits } }),
        () => (fromArtist.conditions = { to: GOOD, from: GOOD }),
      );
    }
    await run("another address of the viewer", (viewer) => viewer.renumber());
    // Last, since not every server lets the artist go on after it.
    await run("another address of the artist", () => fromArtist.renumber());
    await studio.context().close();
    fromArtist.remove();
    await stage.stop();
  }
  // Bandstand's and Janus' figures for the same network below each other.
  const [head, ...all] = rows;
  const half = all.length / 2;
  const sorted = all.slice(0, half).flatMap((row, at) => [row, all[half + at]!]);
  report(
    "A viewer's picture in bad networks",
    `${SECONDS} s each, a new viewer for each; NOT netem: a relay of datagrams of our own in between (seed ${SEED}; loss and jitter on both ways and even, what overtakes does, the width with a queue of 200 ms and only on the way of the picture); Chromium ${browser.version()} headless without a GPU, fake camera 1280×720 in the studio's three VP8 layers; ${Janus.version()}, videoroom, as it comes (its subscribers get the largest layer and a smaller one only when that one is missing); one after the other, all on this machine`,
    [head!, ...sorted],
  );
});
