// A line between the venue and its people that can be cut, and narrowed: pages, the live channel,
// picture and sound.
import { type RemoteInfo, type Socket as Datagrams, createSocket } from "node:dgram";
import { type Server, type Socket, connect, createServer } from "node:net";

/** Where the line takes datagrams; the venue stands at the same port of 127.0.0.1. */
const FRONT = "127.0.0.2";

/** Milliseconds a datagram waits at most where the line is narrow. */
const QUEUE = 200;

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
  private up = true;
  /** Kilobits a second for the media to each person. */
  private width = Number.POSITIVE_INFINITY;
  private readonly pairs = new Set<[Socket, Socket]>();
  /** One socket to the venue for each of the others' addresses. */
  private readonly peers = new Map<string, Datagrams>();

  private constructor(
    private readonly pages: Server,
    private readonly media: Datagrams,
    private readonly venue: number,
  ) {
    pages.on("connection", (near) => this.join(near));
    media.on("message", (datagram, from) => this.send(datagram, from));
  }

  /** A line to the pages of a venue that listens, or will, at `venue`. */
  static async lay(venue: number): Promise<Line> {
    const pages = createServer();
    await new Promise<void>((resolve) => pages.listen(0, "127.0.0.1", resolve));
    const media = createSocket("udp4");
    await new Promise<void>((resolve) => media.bind(0, FRONT, resolve));
    return new Line(pages, media, venue);
  }

  /** How the venue has to be started to stand behind this line. */
  get flags(): string[] {
    const { port } = this.media.address();
    return ["--public-url", this.url, "--media", `127.0.0.1:${port}`, "--public-addresses", FRONT];
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.pages)}`;
  }

  cut(): void {
    this.up = false;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  mend(): void {
    this.up = true;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  /** Lets only so many kilobits a second through to each person; the way to the venue stays wide. */
  narrow(kilobits: number): void {
    this.width = kilobits;
  }

  widen(): void {
    this.width = Number.POSITIVE_INFINITY;
  }

  remove(): void {
    this.pages.close();
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
    for (const peer of this.peers.values()) peer.close();
    this.media.close();
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
      if (!this.up) from.pause();
    }
  }

  private send(datagram: Buffer, from: RemoteInfo): void {
    if (!this.up) return;
    const key = `${from.address}:${from.port}`;
    let peer = this.peers.get(key);
    if (!peer) {
      peer = createSocket("udp4");
      let busyUntil = 0;
      peer.on("message", (answer) => {
        const now = performance.now();
        if (!this.up || busyUntil - now > QUEUE) return;
        busyUntil = Math.max(busyUntil, now) + (answer.length * 8) / this.width;
        const deliver = () => this.media.send(answer, from.port, from.address);
        if (busyUntil - now < 1) deliver();
        else setTimeout(deliver, busyUntil - now);
      });
      this.peers.set(key, peer);
    }
    peer.send(datagram, this.media.address().port, "127.0.0.1");
  }
}
