// A line between the venue and its people that can be cut, and narrowed: pages, the live channel,
// picture and sound.
import { type Server, type Socket, connect, createServer } from "node:net";
import { FRONT, GOOD, Relay } from "./relay";

/** A port of this machine at which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("it doesn't listen");
  return address.port;
}

/**
 * Forwards TCP and UDP. While it is cut nothing comes through in either direction and nobody is told,
 * as when a cable is pulled; what TCP holds comes afterwards, as if sent again.
 */
export class Line {
  private readonly pairs = new Set<[Socket, Socket]>();

  private constructor(
    private readonly pages: Server,
    /** The venue's media, at the same port of 127.0.0.1. */
    readonly media: Relay,
    private readonly venue: number,
  ) {
    pages.on("connection", (near) => this.join(near));
  }

  /** A line to the pages of a venue that listens, or will, at `venue`. */
  static async lay(venue: number): Promise<Line> {
    const pages = createServer();
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    return new Line(pages, await Relay.lay(), venue);
  }

  /** How the venue has to be started to stand behind this line. */
  get flags(): string[] {
    return ["--public-url", this.url, "--media", `127.0.0.1:${this.media.port}`, "--public-addresses", FRONT];
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.pages)}`;
  }

  cut(): void {
    this.media.up = false;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  mend(): void {
    this.media.up = true;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  /** Lets only so many kilobits a second through to each person; the way to the venue stays wide. */
  narrow(kilobits: number): void {
    this.media.conditions.from = { ...GOOD, kilobits };
  }

  /** Loses a share of what goes to each person. */
  fray(loss: number): void {
    this.media.conditions.from = { ...GOOD, loss };
  }

  widen(): void {
    this.media.conditions.from = GOOD;
  }

  remove(): void {
    this.pages.close();
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    this.media.remove();
  }

  private join(near: Socket): void {
    const far = connect(this.venue, "127.0.0.1");
    const pair: [Socket, Socket] = [near, far];
    this.pairs.add(pair);
    for (const [from, to] of [pair, [far, near]]) {
      from.on("data", (chunk) => to.write(chunk));
      // What was written before arrives first.
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => this.pairs.delete(pair));
      if (!this.media.up) from.pause();
    }
  }
}
