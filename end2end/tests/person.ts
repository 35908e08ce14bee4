// A person with a browser, and what their pages receive.
import { type BrowserContext, type Page, expect } from "@playwright/test";
import type { Complaints } from "./complaints";
import type { Venue } from "./venue";

export interface Received {
  framesDecoded: number;
  audioPackets: number;
  audioEnergy: number;
}

/** One person with one browser profile. */
export class Person {
  constructor(
    readonly name: string,
    readonly context: BrowserContext,
    readonly page: Page,
    readonly venue: Venue,
    private readonly complaints: Complaints,
  ) {}

  async anotherTab(): Promise<Person> {
    const page = await this.context.newPage();
    this.complaints.watch(page, `${this.name}, another tab`);
    return new Person(this.name, this.context, page, this.venue, this.complaints);
  }

  async goto(path: string): Promise<void> {
    await this.page.goto(this.venue.url + path);
    await this.alive();
  }

  /** Waits until the page that the server rendered is alive. */
  async alive(): Promise<void> {
    await this.page.waitForFunction(() => "alive" in document.documentElement.dataset);
  }

  /** What all living connections of the page have received so far. */
  async received(): Promise<Received> {
    return this.page.evaluate(async () => {
      const sum = { framesDecoded: 0, audioPackets: 0, audioEnergy: 0 };
      const { keptConnections } = window as unknown as { keptConnections: RTCPeerConnection[] };
      for (const connection of keptConnections) {
        if (connection.connectionState === "closed") continue;
        for (const report of (await connection.getStats()).values()) {
          if (report.type !== "inbound-rtp") continue;
          sum.framesDecoded += report.framesDecoded ?? 0;
          if (report.kind === "audio") {
            sum.audioPackets += report.packetsReceived ?? 0;
            sum.audioEnergy += report.totalAudioEnergy ?? 0;
          }
        }
      }
      return sum;
    });
  }

  /** How many connections to the stage the page has made so far. */
  async connections(): Promise<number> {
    return this.page.evaluate(
      () => (window as unknown as { keptConnections: RTCPeerConnection[] }).keptConnections.length,
    );
  }

  /** What the browser says of the page's newest living connection to the stage. */
  private async statistics(): Promise<Record<string, any>[]> {
    return this.page.evaluate(async () => {
      const kept = (window as unknown as { keptConnections: RTCPeerConnection[] }).keptConnections;
      const living = kept.filter((connection) => connection.connectionState !== "closed");
      return [...(await living.at(-1)!.getStats()).values()];
    });
  }

  /** By which protocol the page's newest connection to the stage goes. */
  async protocol(): Promise<string | undefined> {
    return this.chosen((statistics, pair) => statistics.find((it) => it.id === pair?.remoteCandidateId)?.protocol);
  }

  /** By which protocol the browser reaches the TURN server by whose way that connection goes, if it goes by one. */
  async relay(): Promise<string | undefined> {
    return this.chosen((statistics, pair) => statistics.find((it) => it.id === pair?.localCandidateId)?.relayProtocol);
  }

  private async chosen<T>(
    tell: (statistics: Record<string, any>[], pair: Record<string, any> | undefined) => T,
  ): Promise<T> {
    const statistics = await this.statistics();
    const isChosen = (it: Record<string, any>) => it.nominated && Number(it.bytesReceived) > 0;
    return tell(
      statistics,
      statistics.find((it) => it.type === "candidate-pair" && isChosen(it)),
    );
  }

  /** How often the browser has asked for lost sound to be sent again. */
  async soundAskedForAgain(): Promise<number> {
    const statistics = await this.statistics();
    return statistics.find((it) => it.type === "inbound-rtp" && it.kind === "audio")?.nackCount ?? 0;
  }

  /** How many pictures the browser had no time to show. */
  async dropped(): Promise<number> {
    const statistics = await this.statistics();
    return statistics.find((it) => it.type === "inbound-rtp" && it.kind === "video")?.framesDropped ?? 0;
  }

  /** How many pictures the browser has encoded in that layer in which it left out most. */
  async encoded(): Promise<number> {
    const statistics = await this.statistics();
    const layers = statistics.filter((it) => it.type === "outbound-rtp" && it.kind === "video" && it.framesEncoded);
    return Math.min(...layers.map((it) => it.framesEncoded));
  }

  /** What the picture comes in. */
  async codec(): Promise<string | undefined> {
    const statistics = await this.statistics();
    const picture = statistics.find((it) => it.type === "inbound-rtp" && it.kind === "video");
    return statistics.find((it) => it.id === picture?.codecId)?.mimeType;
  }

  /** Waits until picture and sound flow: both grow from now on. */
  async seesAndHears(): Promise<void> {
    await this.receives("sees and hears", 10, 10);
  }

  /** Waits until the picture flows. */
  async sees(): Promise<void> {
    await this.receives("sees", 10, 0);
  }

  /** Waits until sound flows. */
  async hears(): Promise<void> {
    await this.receives("hears", 0, 10);
  }

  private async receives(what: string, frames: number, packets: number): Promise<void> {
    let before = await this.received();
    await expect
      .poll(
        async () => {
          const now = await this.received();
          // A new connection counts from zero.
          if (now.audioPackets < before.audioPackets || now.framesDecoded < before.framesDecoded) before = now;
          return (
            now.framesDecoded >= before.framesDecoded + frames && now.audioPackets >= before.audioPackets + packets
          );
        },
        { message: `${this.name} ${what} the stage`, timeout: 20_000 },
      )
      .toBe(true);
  }

  /** Pulls out the camera or microphone from which the page sends. */
  async unplug(kind: "video" | "audio"): Promise<void> {
    await this.page.evaluate((kind) => {
      const { keptConnections } = window as unknown as { keptConnections: RTCPeerConnection[] };
      const senders = keptConnections.flatMap((connection) => connection.getSenders());
      for (const { track } of senders.filter((sender) => sender.track?.kind === kind)) {
        track?.stop();
        track?.dispatchEvent(new Event("ended"));
      }
    }, kind);
  }
}
