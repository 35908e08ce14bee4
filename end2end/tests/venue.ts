// What the journeys share: a venue of their own, people, and what must never be seen.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type LaunchOptions,
  test as base,
  chromium,
  expect,
  firefox,
} from "@playwright/test";
import { Complaints } from "./complaints";
import { Line, freePort } from "./line";
import { Person } from "./person";
import { TurnServer } from "./turn";

const repository = join(import.meta.dirname, "../..");

/** The folder with the built pages. */
export const site = process.env.BANDSTAND_SITE ?? join(repository, "target/site");

/** A running server with a data folder of its own. */
export class Venue {
  url = "";
  log = "";
  private process!: ChildProcess;
  /** Its data folder. */
  readonly data = mkdtempSync(join(tmpdir(), "bandstand-journey-"));

  /** A venue that is started with `flags` beyond the usual ones. */
  constructor(private readonly flags: string[] = []) {}

  async start(): Promise<void> {
    const program = process.env.BANDSTAND_PROGRAM ?? join(repository, "target/debug/bandstand");
    const flag = (name: string, value: string) => (this.flags.includes(name) ? [] : [name, value]);
    this.process = spawn(
      program,
      [
        ...flag("--listen", this.url ? new URL(this.url).host : "127.0.0.1:0"),
        ...flag("--media", "0.0.0.0:0"),
        ...flag("--site", site),
        ...flag("--limit-scale", "50"),
        ...["--data", this.data],
        ...this.flags,
      ],
      { cwd: this.data, stdio: ["ignore", "pipe", "pipe"] },
    );
    this.url = await new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        this.log += chunk.toString();
        const address = /http:\/\/127\.0\.0\.1:\d+/.exec(this.log.slice(0));
        if (address) resolve(address[0]);
      };
      this.process.stdout?.on("data", read);
      this.process.stderr?.on("data", read);
      this.process.once("exit", (code) => reject(new Error(`the server ended with ${code}:\n${this.log}`)));
    });
  }

  /** The server's process. */
  get pid(): number {
    return this.process.pid ?? 0;
  }

  async stop(signal: "SIGTERM" | "SIGKILL" = "SIGTERM"): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill(signal);
    await ended;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.log = "";
    await this.start();
  }

  remove(): void {
    rmSync(this.data, { recursive: true, force: true });
  }

  /** Lines of the server's log that somebody would have to look at. */
  complaints(): string[] {
    // What the machine's kernel allows is not the venue's fault.
    const ofTheMachine = /net\.core\.[rw]mem_max/;
    const lines = this.log.split("\n").filter((line) => !ofTheMachine.test(line));
    return lines.filter((line) => /\b(WARN|ERROR|panicked)\b/.test(line));
  }
}

/** Keeps every peer connection of a page where the journey can ask it for statistics. */
const keepConnections = () => {
  const kept: RTCPeerConnection[] = [];
  Object.assign(window, { keptConnections: kept });
  const Original = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Original {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      kept.push(this);
    }
  };
};

/**
 * Nothing sounds in a page before something was pressed. The browser's own rule is this one with
 * exceptions, for sites that people know well, which a journey can't count on.
 */
const keepQuiet = () => {
  let pressed = false;
  addEventListener("pointerdown", () => (pressed = true), { capture: true });
  const { play } = HTMLMediaElement.prototype;
  HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
    if (this.muted || pressed) return play.call(this);
    return Promise.reject(new DOMException("Nothing was pressed yet.", "NotAllowedError"));
  };
};

interface Fixtures {
  /** What the venue is started with beyond the usual. */
  flags: string[];
  venue: Venue;
  complaints: Complaints;
  /** Opens a browser profile for a new person. */
  person: (name: string, options?: BrowserContextOptions & { in?: Browser }) => Promise<Person>;
  /** Opens Firefox for one person. */
  firefoxPerson: (name: string, options?: BrowserContextOptions) => Promise<Person>;
  /** Opens a Chromium that gives no device and plays no sound before somebody presses something. */
  strictPerson: (name: string) => Promise<Person>;
  /** Opens a Chromium that shares the tab of this title when it is asked to share anything. */
  sharingPerson: (name: string, tab: string) => Promise<Person>;
  /** Opens a Chromium that uses no UDP, as behind a firewall that lets none through. */
  walledPerson: (name: string) => Promise<Person>;
}

/** A venue for one journey. */
async function open(use: (venue: Venue) => Promise<void>, flags: string[] = []): Promise<void> {
  const venue = new Venue(flags);
  await venue.start();
  await use(venue);
  await venue.stop();
  venue.remove();
  expect(venue.complaints(), "the server's log has no warning").toEqual([]);
}

/** A Chromium of its own, with other flags. */
async function withChromium(
  options: LaunchOptions,
  args: string[],
  use: (browser: Browser) => Promise<void>,
): Promise<void> {
  const browser = await chromium.launch({ ...options, args });
  await use(browser);
  await browser.close();
}

export const test = base.extend<Fixtures>({
  flags: [[], { option: true }],
  venue: async ({ flags }, use) => open(use, flags),
  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.lines, "no browser console has an error or warning").toEqual([]);
  },
  person: async ({ browser, venue, complaints }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (name, { in: other, ...options } = {}) => {
      const context = await (other ?? browser).newContext({
        locale: "en-GB",
        timezoneId: "Europe/Lisbon",
        ...options,
      });
      contexts.push(context);
      await context.addInitScript(keepConnections);
      const page = await context.newPage();
      complaints.watch(page, name);
      return new Person(name, context, page, venue, complaints);
    });
    for (const context of contexts) await context.close();
  },
  firefoxPerson: async ({ person }, use) => {
    // Many a journey that could have one has none.
    let browser: Promise<Browser> | undefined;
    const launch = () =>
      firefox.launch({
        channel: "moz-firefox",
        executablePath: process.env.FIREFOX ?? "/usr/bin/firefox-esr",
        firefoxUserPrefs: {
          // Firefox leaves out 127.0.0.1 by default.
          "media.peerconnection.ice.loopback": true,
          "media.navigator.streams.fake": true,
          "media.navigator.permission.disabled": true,
          "media.autoplay.default": 0,
          "media.autoplay.blocking_policy": 0,
        },
      });
    await use(async (name, options) => person(name, { ...options, in: await (browser ??= launch()) }));
    await (await browser)?.close();
  },
  strictPerson: async ({ person, launchOptions }, use) => {
    const flags = (launchOptions.args ?? []).filter((flag) => !flag.startsWith("--use-fake-ui"));
    await withChromium(launchOptions, flags, (browser) =>
      use(async (name) => {
        const strict = await person(name, { in: browser });
        await strict.context.addInitScript(keepQuiet);
        return strict;
      }),
    );
  },
  sharingPerson: async ({ person, launchOptions }, use) => {
    let browser: Promise<Browser> | undefined;
    await use(async (name, tab) => {
      // The browser's own fake question shares a made-up screen without sound.
      const flags = (launchOptions.args ?? []).filter((flag) => !flag.startsWith("--use-fake-ui"));
      flags.push(`--auto-select-tab-capture-source-by-title=${tab}`, "--autoplay-policy=no-user-gesture-required");
      // A muted browser has nothing to share.
      const ignoreDefaultArgs = ["--mute-audio"];
      browser ??= chromium.launch({ ...launchOptions, args: flags, ignoreDefaultArgs });
      return person(name, { in: await browser, permissions: ["microphone"] });
    });
    await (await browser)?.close();
  },
  walledPerson: async ({ person, launchOptions }, use) => {
    const flags = [...(launchOptions.args ?? []), "--webrtc-ip-handling-policy=disable_non_proxied_udp"];
    await withChromium(launchOptions, flags, (browser) => use((name) => person(name, { in: browser })));
  },
});

/** Journeys in which the way to the venue is a line that can be cut. */
export const behindLine = test.extend<{ line: Line; door: string }>({
  /** Where the venue listens itself, past the line. */
  door: async ({}, use) => use(`127.0.0.1:${await freePort()}`),
  line: async ({ door }, use) => {
    const line = await Line.lay(Number(door.split(":")[1]));
    await use(line);
    line.remove();
  },
  venue: async ({ line, door }, use) => open(use, ["--listen", door, ...line.flags]),
});

/** Journeys behind such a line, past which the operator's TURN server leads; for who has no UDP, it alone. */
export const behindWall = behindLine.extend<{ turn: TurnServer }>({
  turn: async ({}, use) => {
    const turn = await TurnServer.start();
    await use(turn);
    await turn.stop();
  },
  venue: async ({ line, door, turn }, use) => open(use, ["--listen", door, ...line.flags, ...turn.flags]),
});

export { expect };
export type { Person };
